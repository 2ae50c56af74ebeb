internal import Metrics

extension ROUGEVariant {
  /// The name as papers write it.
  var title: String {
    switch self {
    case .n(let n): "ROUGE-\(n)"
    case .l: "ROUGE-L"
    case .lsum: "ROUGE-Lsum"
    }
  }
}
