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
      clusters: clusters)
  }
}

@Suite struct ConfidenceTests {
  private static let reference = [0.41, 0.37, 0.52, 0.44, 0.39, 0.61, 0.48, 0.33, 0.57, 0.45]
  private static let submission = [0.40, 0.38, 0.49, 0.43, 0.39, 0.55, 0.47, 0.34, 0.50, 0.44]

  /// The paired set of spec/quantization.md, section 6 (SciPy).
  @Test func `the interval of the ratio is Fieller's`() throws {
    let ratio = try #require(CategoryTests.result(Self.submission, reference: Self.reference).ratio)
    #expect(abs(ratio.value - 0.9606126915) < 1e-10)
    let interval = try #require(ratio.interval)
    #expect(abs(interval.low - 0.9270820952) < 1e-10)
    #expect(abs(interval.high - 1.0040428040) < 1e-10)
  }

  /// Ends by inverting the clustered t test numerically (SciPy brentq, 2.2.6 of Miller's clustered variance).
  @Test func `clusters enter the interval`() throws {
    let clusters = ["a", "a", "a", "b", "b", "c", "c", "c", "c", "d"]
    let result = CategoryTests.result(Self.submission, reference: Self.reference, clusters: clusters)
    let interval = try #require(result.ratio?.interval)
    #expect(abs(interval.low - 0.918382310032563) < 1e-9)
    #expect(abs(interval.high - 1.0185280280418278) < 1e-9)
  }

  private static let table: [(low: Double, high: Double, share: Double, conclusion: Conclusion)] = [
    (0.995, 1.01, 0.99, .met), (0.99, 1, 0.99, .met), (0.9899, 1, 0.99, .open), (0.98, 0.99, 0.99, .open),
    (0.98, 0.9899, 0.99, .missed),
  ]

  @Test(arguments: table)
  func `the whole interval must be on one side`(
    row: (low: Double, high: Double, share: Double, conclusion: Conclusion)
  ) {
    let interval = ConfidenceInterval(low: row.low, high: row.high, level: 0.95)
    #expect(Conclusion(interval, share: row.share) == row.conclusion)
  }

  @Test func `no interval leaves the question open`() {
    #expect(Conclusion(nil, share: 0.99) == .open)
    #expect(CategoryTests.result([0.5]).confidence == .unconfirmed)
  }

  @Test(
    arguments: [
      ([1, 1, 1, 1], Category.category1, Confidence.confirmed),
      ([0.995, 0.995, 0.995], .category2, .confirmed),
      ([0.5, 0.5, 0.5], .fail, .confirmed),
      ([1, 1, 1, 0.9999], .category1, .confirmed),
      ([1, 1, 1, 1, 1, 1, 1, 0.95], .category2, .unconfirmed),
      ([1, 1, 1, 1, 0.5], .fail, .unconfirmed),
      ([0, 0, 0], .fail, .confirmed),
    ] as [([Double], Category, Confidence)])
  func `scores against a perfect reference give category and confidence`(
    scores: [Double], category: Category, confidence: Confidence
  ) {
    let result = CategoryTests.result(scores)
    #expect(result.category == category)
    #expect(result.confidence == confidence)
  }

  @Test func `a reference that scores nothing decides nothing`() {
    let result = CategoryTests.result([0, 0], reference: [0, 0])
    #expect(result.category == nil)
    #expect(result.ratio == nil)
    #expect(result.confidence == .unconfirmed)
    #expect(GateResult(gate: .targets, metrics: [result], promptCount: 2).category == nil)
  }
}

@Suite struct JudgementTests {
  private static let perfect = CategoryTests.result([1, 1, 1])
  private static let second = CategoryTests.result([0.995, 0.995, 0.995])
  private static let failing = CategoryTests.result([0.986, 0.986, 0.986])
  private static let unsure = CategoryTests.result([1, 1, 1, 1, 1, 1, 1, 0.95])

  private func gate(_ metrics: [MetricResult]) -> GateResult {
    GateResult(gate: .reference, metrics: metrics, promptCount: 3)
  }

  @Test func `the worst gating metric decides and nothing is averaged`() {
    #expect(gate([Self.perfect, Self.perfect, Self.failing]).category == .fail)
    #expect(gate([Self.perfect, Self.second]).category == .category2)
    #expect(gate([Self.perfect, CategoryTests.result([0, 0], isGating: false)]).category == .category1)
    #expect(gate([Self.perfect, Self.second]).weakestMetric?.score == 99.5)
  }

  @Test func `one metric that is certainly missed confirms a failure`() {
    #expect(gate([Self.failing, Self.unsure]).confidence == .confirmed)
    #expect(gate([Self.perfect, Self.unsure]).confidence == .unconfirmed)
  }

  private static let table: [(MetricResult, Category?, Bool, Judgement.Outcome)] = [
    (perfect, nil, true, .met), (failing, nil, true, .met),
    (perfect, .category1, false, .met), (second, .category1, false, .notMet), (second, .category2, false, .met),
    (failing, .category2, false, .notMet), (unsure, .category2, false, .met),
    (perfect, .category1, true, .met), (second, .category1, true, .notMet), (unsure, .category2, true, .inconclusive),
    (failing, .category2, true, .notMet), (CategoryTests.result([0], reference: [0]), .category2, false, .inconclusive),
  ]

  @Test(arguments: table)
  func `a requirement is met, not met or open`(
    metric: MetricResult, required: Category?, needsConfidence: Bool, outcome: Judgement.Outcome
  ) {
    let requirement = Judgement.Requirement(category: required, needsConfidence: needsConfidence)
    #expect(Judgement([gate([metric])], requirement: requirement).outcome == outcome)
  }

  @Test func `the worst submission decides the whole`() {
    let requirement = Judgement.Requirement(category: .category2, needsConfidence: true)
    let judge = { (metrics: [MetricResult]) in
      Judgement(metrics.map { gate([$0]) }, requirement: requirement)
    }
    #expect(judge([Self.perfect, Self.unsure]).outcome == .inconclusive)
    #expect(judge([Self.unsure, Self.failing, Self.perfect]).outcome == .notMet)
    #expect(judge([Self.unsure, Self.failing, Self.perfect]).outcomes == [.inconclusive, .notMet, .met])
  }
}
