import Metrics
import Statistics
import Testing

@testable import Analysis

@Suite struct CategoryTests {
  /// Limits from mlcommons/inference b66003e1 (reference, then scores at and just below the limits).
  private static let truthTable: [(score: Double, reference: Double, category: Category)] = [
    (100, 100, .category1), (99.9, 100, .category1), (99.8999, 100, .category2), (99.0, 100, .category2),
    (98.9999, 100, .fail), (98.6, 100, .fail), (0, 100, .fail), (101, 100, .category1),
    // gpt-j ROUGE-L: 29.9881; the question of mlcommons/inference issue 1655.
    (29.93, 29.9881, .category2), (29.9582, 29.9881, .category1), (29.9581, 29.9881, .category2),
    (29.6882, 29.9881, .fail), (29.6883, 29.9881, .category2),
    // llama2-70b ROUGE-L 28.6162: a real submission that passes by 0.0083.
    (28.5959, 28.6162, .category1), (28.5875, 28.6162, .category2),
  ]

  @Test(arguments: truthTable)
  func `a score is in the best category whose share of the reference it keeps`(
    row: (score: Double, reference: Double, category: Category)
  ) {
    #expect(Category(score: row.score, reference: row.reference) == row.category)
  }

  @Test(arguments: [
    (69.68535, 4, 69.6854), (22.36465, 4, 22.3646), (98.99995, 4, 99.0), (-1.00005, 4, -1.0001), (0.00005, 4, 0),
    (0.5, 0, 0), (1.5, 0, 2), (2.5, 0, 2),
  ])
  func `numbers are rounded as numpy rounds them`(value: Double, decimals: Int, rounded: Double) {
    #expect(value.rounded(decimals: decimals) == rounded)
  }

  @Test(
    arguments: [
      (0, 2, "0.00"), (-0.001, 2, "0.00"), (-0.5, 0, "0"), (12.345, 1, "12.3"), (0.05, 3, "0.050"), (-7.25, 1, "-7.2"),
      (99.995, 2, "100.00"), (1e300, 2, "1e+300"), (.infinity, 2, "inf"), (.nan, 2, "nan"),
      (123_456_789, 0, "123456789"),
    ] as [(Double, Int, String)])
  func `a number is written with fixed decimals`(value: Double, decimals: Int, text: String) {
    #expect(value.printed(decimals) == text)
  }

  @Test func `a mean that only rounds up to the limit passes as printed`() {
    // 98.99996 % is printed as 99.0000 and compared so.
    let sample = [Double](repeating: 0.9899996, count: 4)
    #expect(Self.result(sample).score == 99)
    #expect(Self.result(sample).category == .category2)
    #expect(Self.result([Double](repeating: 0.9899994, count: 4)).category == .fail)
  }

  @Test(arguments: [
    (0.5092, "50.92"), (0.98996, "98.996"), (0.99, "99.00"), (0.99895, "99.895"), (0.998999, "99.8999"),
    (0.9899999, "99.00"), (1, "100.00"), (1.0012, "100.12"),
  ])
  func `a share below a limit is not printed as if it reached it`(share: Double, text: String) {
    #expect(Percent(share, decimals: 2).description == text)
  }

  static func result(
    _ submission: [Double], reference: [Double]? = nil, metric: ROUGEVariant = .l, isGating: Bool = true,
    clusters: [String]? = nil
  ) -> MetricResult {
    MetricResult(
      metric: metric, signature: Signature("test", [:]), isGating: isGating,
      sample: PairedSample(reference: reference ?? submission.map { _ in 1 }, submission: submission)!,
      clusters: clusters, isBounded: reference == nil)
  }
}
