import Metrics
import Statistics
import Testing

@testable import Analysis

@Suite struct ConfidenceTests {
  private static let reference = [0.41, 0.37, 0.52, 0.44, 0.39, 0.61, 0.48, 0.33, 0.57, 0.45]
  private static let submission = [0.40, 0.38, 0.49, 0.43, 0.39, 0.55, 0.47, 0.34, 0.50, 0.44]
  private static let clusters = ["a", "a", "a", "b", "b", "c", "c", "c", "c", "d"]

  /// The paired set of spec/quantization.md, section 6 (SciPy); clustered ends by inverting the t test (SciPy brentq).
  @Test func `the other methods are reported beside the verdict's own`() throws {
    let sample = try #require(PairedSample(reference: Self.reference, submission: Self.submission))
    let plain = PairedStatistics.all([sample], clusters: nil)[0]
    #expect(abs(try #require(plain.fieller).low - 0.9270820952) < 1e-10)
    #expect(abs(try #require(plain.fieller).high - 1.0040428040) < 1e-10)
    #expect(abs(try #require(plain.difference.interval).low + 0.0376053621) < 1e-10)
    #expect(try #require(plain.wilcoxonP) < 0.1)
    let clustered = PairedStatistics.all([sample], clusters: Self.clusters)[0]
    #expect(abs(try #require(clustered.fieller).low - 0.918382310032563) < 1e-9)
    #expect(abs(try #require(clustered.fieller).high - 1.0185280280418278) < 1e-9)
  }

  @Test func `clusters widen the interval of the verdict`() throws {
    let plain = try #require(CategoryTests.result(Self.submission, reference: Self.reference).ratio?.interval)
    let clustered = try #require(
      CategoryTests.result(Self.submission, reference: Self.reference, clusters: Self.clusters).ratio?.interval)
    #expect(clustered.low < plain.low && clustered.high > plain.high)
  }

  @Test func `one prompt leaves the question open`() {
    #expect(CategoryTests.result([0.5]).confidence == .unconfirmed)
  }

  @Test(
    arguments: [
      // Nothing was lost, but only many prompts show that nothing rare is: 3,688 for 0.1 %, by 0.999^n ≤ 0.025.
      (1, 4, .category1, .unconfirmed), (1, 400, .category1, .unconfirmed), (1, 4000, .category1, .confirmed),
      (0.995, 3, .category2, .unconfirmed), (0.995, 800, .category2, .confirmed),
      (0.986, 3, .fail, .unconfirmed), (0.986, 30, .fail, .confirmed),
      (0.5, 3, .fail, .confirmed), (0, 3, .fail, .confirmed),
    ] as [(Double, Int, Category, Confidence)])
  func `equal scores against a perfect reference give category and confidence`(
    score: Double, count: Int, category: Category, confidence: Confidence
  ) {
    let result = CategoryTests.result([Double](repeating: score, count: count))
    #expect(result.category == category)
    #expect(result.confidence == confidence)
  }

  @Test func `rare losses leave the verdict open`() {
    #expect(CategoryTests.result([1, 1, 1, 1, 1, 1, 1, 0.95]).confidence == .unconfirmed)
    #expect(CategoryTests.result([1, 1, 1, 1, 0.5]).confidence == .unconfirmed)
  }

  @Test func `a confirmed category has its limit outside the interval`() throws {
    for seed in 0..<40 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let lossRate = generator.unitInterval() * 0.1
      let scores = (0..<300).map { _ in generator.unitInterval() < lossRate ? generator.unitInterval() : 1 }
      let result = CategoryTests.result(scores)
      let interval = try #require(result.ratio?.interval)
      guard result.confidence == .confirmed, let category = result.category else { continue }
      #expect(category == .fail ? interval.high < 0.99 : interval.low > category.share!)
    }
  }

  @Test func `a reference that scores nothing decides nothing`() {
    let result = CategoryTests.result([0, 0], reference: [0, 0])
    #expect(result.category == nil)
    #expect(result.ratio == nil)
    #expect(result.confidence == .unconfirmed)
    let gate = GateResult(gate: .targets, metrics: [result], promptCount: 2)
    #expect(gate.category == nil)
    #expect(gate.p == nil)
    #expect(gate.promptsNeeded == nil)
  }
}

@Suite struct JudgementTests {
  private static func scores(_ score: Double, _ count: Int) -> MetricResult {
    CategoryTests.result([Double](repeating: score, count: count))
  }

  private static let perfect = scores(1, 4000)
  private static let second = scores(0.995, 800)
  private static let failing = scores(0.986, 30)
  private static let unsure = CategoryTests.result([1, 1, 1, 1, 1, 1, 1, 0.95])

  private func gate(_ metrics: [MetricResult]) -> GateResult {
    GateResult(gate: .reference, metrics: metrics, promptCount: 8)
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

  @Test func `reaching takes the largest p, missing the smallest times the number of metrics`() {
    let (one, other) = (Self.scores(0.986, 8), Self.scores(0.98, 8))
    #expect(gate([one, other]).p == 2 * other.pMisses(.category2))
    #expect(gate([Self.unsure, Self.second]).p == Self.unsure.pReaches(.category2))
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

  @Test func `many submissions must be surer than one`() throws {
    // p = 0.0104 alone.
    let borderline = Self.scores(0.986, 13)
    let alone = gate([borderline])
    #expect(alone.confidence == .confirmed)
    let open = gate([Self.unsure])
    let corrected = GateResult.corrected([alone, open, open, open])
    #expect(corrected[0].confidence == .unconfirmed)
    #expect(corrected[0].adjustedP == 4 * alone.p!)
    #expect(corrected[0].p == alone.p)
    #expect(try #require(corrected[0].promptsNeeded) > 0)
    let requirement = Judgement.Requirement(category: .category2, needsConfidence: true)
    #expect(Judgement([alone], requirement: requirement).outcomes == [.notMet])
    #expect(Judgement([alone, open, open, open], requirement: requirement).outcomes[0] == .inconclusive)
  }

  @Test func `the prompts needed confirm it when they come`() throws {
    let few = GateResult(gate: .reference, metrics: [Self.scores(0.986, 4)], promptCount: 4)
    let more = try #require(few.promptsNeeded)
    #expect(more > 0)
    let then = GateResult(gate: .reference, metrics: [Self.scores(0.986, 4 + more)], promptCount: 4 + more)
    #expect(then.confidence == .confirmed)
    #expect(then.promptsNeeded == 0)
  }
}
