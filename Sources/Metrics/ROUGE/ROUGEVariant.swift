/// The members of the ROUGE family (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries").
package enum ROUGEVariant: Hashable, Sendable, CustomStringConvertible {
  /// Shared n-grams, n from 1 to 9.
  case n(Int)
  /// Longest common subsequence of the whole texts.
  case l
  /// Union of the longest common subsequences of the sentences.
  case lsum

  /// The gate metrics of MLPerf's language models, and Lsum.
  package static let standard: [ROUGEVariant] = [.n(1), .n(2), .l, .lsum]

  /// Reads rouge-score's names: `rouge1` to `rouge9`, `rougeL`, `rougeLsum`. Anything else is `nil`.
  package init?(name: String) {
    switch name {
    case "rougeL": self = .l
    case "rougeLsum": self = .lsum
    default:
      let digits = name.utf8.dropFirst(5)
      guard name.hasPrefix("rouge"), digits.count == 1, let digit = digits.first else { return nil }
      guard (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(digit) else { return nil }
      self = .n(Int(digit - UInt8(ascii: "0")))
    }
  }

  package var name: String {
    switch self {
    case .n(let n): "rouge\(n)"
    case .l: "rougeL"
    case .lsum: "rougeLsum"
    }
  }

  package var description: String { name }
}
