/// The accuracy categories of MLPerf Inference, from worst to best.
package enum Category: String, Hashable, Sendable, Comparable, CaseIterable {
  case fail
  /// At least 99.0 % of the reference.
  case category2 = "99"
  /// At least 99.9 % of the reference.
  case category1 = "99.9"

  /// The share of the reference's score that the category asks for; `nil` for ``fail``.
  package var share: Double? {
    switch self {
    case .fail: nil
    case .category2: 0.99
    case .category1: 0.999
    }
  }

  /// The point rule on scores as printed: at least the reference times the share, in double precision, with no
  /// tolerance.
  ///
  /// Source: mlcommons/inference b66003e1, `tools/submission/submission_checker`.
  package init(score: Double, reference: Double) {
    self =
      if score >= reference * 0.999 { .category1 } else if score >= reference * 0.99 { .category2 } else { .fail }
  }

  /// What people call it.
  package var title: String {
    switch self {
    case .fail: "fail"
    case .category2: "Category 2 (99.0 %)"
    case .category1: "Category 1 (99.9 %)"
    }
  }

  package static func < (left: Category, right: Category) -> Bool {
    (left.share ?? 0) < (right.share ?? 0)
  }
}
