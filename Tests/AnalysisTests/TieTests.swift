import Statistics
import Testing

@testable import Analysis
@testable import Metrics

/// Forgiving near-ties: what is forgiven, and that nothing else is.
struct TieTests {
  /// Disagreements of one answer, at random steps and margins up to 0.02, the threshold being 0.01.
  static func disagreements(_ random: inout SplitMix64, margins: ClosedRange<Double>) -> [Disagreement] {
    func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
    return (0..<40).filter { _ in uniform() < 0.1 }.map {
      Disagreement(step: $0, margin: margins.lowerBound + uniform() * (margins.upperBound - margins.lowerBound))
    }
  }

  static func output(_ id: String, _ words: [Int]) -> Output {
    Output(id: id, text: words.map { "w\($0)" }.joined(separator: " "), tokens: words.map(Int32.init))
  }

  static func beginning(of output: Output, _ count: Int) -> [Int] {
    (output.tokens ?? []).prefix(count).map { Int($0) }
  }

  /// A submission's answer under the reference's lead; free answers say something else from their step on.
  static func led(_ base: Output, _ own: Output, _ lead: TieLead) -> Output {
    switch lead {
    case .reference: base
    case .submission: own
    case .free(let step): output(base.id, beginning(of: base, step) + [9000, 9001, 9002, 9003, 9004])
    }
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `near-ties alone lose nothing, and a planted confident change never hides behind them`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let threshold = 0.01
    var (references, submissions, forgiven, injected): ([Output], [Output], [Output], [Output]) = ([], [], [], [])
    let victim = Int(random.next() % 12)
    for index in 0..<12 {
      let base = Self.output("p\(index)", (0..<40).map { $0 + index * 40 })
      let ties = Self.disagreements(&random, margins: 0...threshold)
      // What the submission says when nobody leads it.
      let own = ties.first.map { Self.output(base.id, Self.beginning(of: base, $0.step) + [7777]) }
      references.append(base)
      submissions.append(own ?? base)
      let lead = TieLead(ties, threshold: threshold)
      #expect(lead == .reference)
      forgiven.append(Self.led(base, own ?? base, lead))

      guard index == victim else {
        injected.append(forgiven[index])
        continue
      }
      let planted = Disagreement(step: Int(random.next() % 40), margin: threshold * 1.000001)
      let all = (ties.filter { $0.step != planted.step } + [planted]).sorted { $0.step < $1.step }
      let plantedLead = TieLead(all, threshold: threshold)
      #expect(plantedLead == (all[0] == planted ? .submission : .free(step: planted.step)))
      let free = Self.output(base.id, Self.beginning(of: base, all[0].step) + [7777])
      injected.append(Self.led(base, free, plantedLead))
    }
    func result(_ tied: [Output]) throws -> GateResult {
      let ties = TieAwareRun(
        run: try Run(name: "s", provenance: nil, outputs: tied), ledBack: 0, threshold: threshold)
      return try Comparison(
        reference: Run(name: "r", provenance: nil, outputs: references),
        submission: Run(name: "s", provenance: nil, outputs: submissions), ties: ties,
        options: ComparisonOptions(gate: .referenceTies)
      ).deciding
    }
    let clean = try result(forgiven)
    #expect(clean.category == .category1)
    #expect(clean.metrics.allSatisfy { $0.score == $0.reference })
    let broken = try result(injected)
    #expect(broken.metrics.contains { $0.isGating && $0.score < $0.reference })
    #expect(broken.category != .category1)
  }

  @Test func `without answers under the reference's lead the gate is refused`() throws {
    let run = try Run(name: "r", provenance: nil, outputs: [Self.output("a", [1, 2])])
    #expect(throws: ComparisonError.noTieAwareAnswers(submission: "r")) {
      try Comparison(reference: run, submission: run, options: ComparisonOptions(gate: .referenceTies))
    }
    let plain = try Comparison(reference: run, submission: run)
    #expect(plain.gates.map(\.gate) == [.reference])
  }

  static func evidence() -> LogitEvidence {
    func tally(_ scale: Double) -> DistributionTally {
      var tally = DistributionTally()
      for token in 0..<60 {
        let (change, divergence) = (scale * Double(token % 3), scale * Double(token + 1))
        tally.add(
          TokenComparison(
            referenceNLL: 1, submissionNLL: 1 + change, divergence: divergence, rank: token % 20 == 0 ? 1 : 0,
            confidence: Double(token) / 60))
      }
      return tally
    }
    func candidates(_ best: String) -> [DivergencePoint.Candidate] {
      [
        .init(token: 5, text: best, logit: 9, probability: 0.6),
        .init(token: 6, text: "| x`", logit: 8, probability: 0.3),
      ]
    }
    let prompts = ["a", "b"].map { id in
      PromptTrace(
        id: id, steps: 30, tally: tally(0.001),
        disagreements: [Disagreement(step: 0, margin: 0.005), Disagreement(step: 20, margin: 1)],
        first: DivergencePoint(step: 0, reference: candidates("yes"), submission: candidates("no")))
    }
    let floor = NoiseFloor(format: "fp16", seed: 1, tally: tally(0.0001), marginChange: 0.01)!
    return LogitEvidence(floor: floor, traces: [LogitTrace(prompts)])
  }

  @Test func `a report with logits says floor, agreement and both kinds of divergence`() throws {
    let reference = try Run(name: "r", provenance: nil, outputs: ["a", "b"].map { Self.output($0, Array(0..<30)) })
    let submission = try Run(
      name: "s", provenance: nil, outputs: ["a", "b"].map { Self.output($0, [7] + Array(1..<30)) })
    let report = Report(
      title: "t", comparisons: [try Comparison(reference: reference, submission: submission)],
      requirement: .init(category: nil), logits: Self.evidence())
    let text = report.markdown
    try ReportSchemaTests.check(report)
    #expect(text.contains("| `s` | 0.0305 ± ") && text.contains(" | 10.0 × |"))
    #expect(text.contains("95.00 %"))  // same top 1: 57 of 60
    #expect(text.contains("2, 2 of 60 steps"))
    #expect(text.contains("96.7 %"))  // tokens equal: 29 of 30
    #expect(!text.contains("NaN,"))
    let json = report.jsonText
    for piece in [
      "\"noise_floor\"", "\"times_floor\"", "\"replay\"", "\"near_tie_margin\": 0.01", "\"probability_margin\"",
    ] {
      #expect(json.contains(piece), "\(piece)")
    }
    let rows = report.promptsCSV.split(whereSeparator: \.isNewline)
    #expect(rows[0].hasSuffix(",status,kld,disagreements,confident_disagreements"))
    #expect(rows[1].hasSuffix(",2,1"))
  }

  @Test(arguments: [
    (0.012345, "0.0123"), (1234.4, "1234"), (3.214e-6, "3.21e-6"), (9.996, "10.0"), (0, "0"), (-0.5, "-0.500"),
    (99.96, "100"), (0.00099996, "0.00100"), (1.5e-5, "1.50e-5"),
  ])
  func `numbers of any size have three significant digits`(value: Double, text: String) {
    #expect(Report.significant(value) == text)
  }
}
