import Statistics
import Testing

@testable import Analysis

@Suite struct StoppingRuleTests {
  private static let planned = 400
  private static let reference = run("fp32", earlyStop: nil, (0..<planned).map { ($0, text($0)) })

  private static func text(_ index: Int) -> String { "The answer to question \(index) is a sentence of words." }

  private static func run(_ name: String, earlyStop: EarlyStop?, _ outputs: [(Int, String)]) -> Run {
    let provenance = Provenance(
      model: .init(name: "m"), prompts: .init(name: "p"), template: nil, scheme: name,
      settings: .init(maximumTokenCount: 8), tool: "test", earlyStop: earlyStop)
    return try! Run(
      name: name, provenance: provenance,
      outputs: outputs.map { Output(id: "q\($0.0)", text: $0.1, tokens: [1, 2, 3]) })
  }

  private static func rule(seed: UInt64 = 0) -> StoppingRule {
    StoppingRule(
      reference: reference, truth: .none, options: ComparisonOptions(), category: .category2, submissions: 2, seed: seed
    )
  }

  /// Answers prompts in the rule's order until it is settled.
  private static func settle(_ answer: (Int) -> String) -> (rule: StoppingRule, outputs: [(Int, String)]) {
    var rule = rule()
    var outputs: [(Int, String)] = []
    for place in rule.order {
      outputs.append((place, answer(place)))
      rule.add(Output(id: "q\(place)", text: answer(place)))
      if rule.isSettled { break }
    }
    return (rule, outputs)
  }

  @Test func `a bad scheme is settled soon, at a multiple of the step, and its report says so`() throws {
    let (rule, outputs) = Self.settle { $0 % 2 == 0 ? Self.text($0) : "Something else entirely." }
    #expect(outputs.count < 100)
    #expect(outputs.count % StoppingRule.step == 0)
    let submission = Self.run(
      "int8", earlyStop: EarlyStop(plannedCount: Self.planned, seed: rule.seed), outputs.sorted { $0.0 < $1.0 })
    let comparison = try Comparison(reference: Self.reference, submission: submission)
    #expect(comparison.prompts.count == outputs.count)
    #expect(comparison.saving?.tokenCount == 3 * (Self.planned - outputs.count))
    let requirement = Judgement.Requirement(category: .category2, needsConfidence: true)
    let report = Report(title: "t", comparisons: [comparison, comparison], requirement: requirement)
    #expect(report.judgement.outcomes == [.notMet, .notMet])
    let sentence = "int8: settled early at \(outputs.count) of 400 prompts, in the random order of seed 0; saved "
    #expect(report.terminalText(width: 200).contains(sentence))
    #expect(report.markdown.contains("Settled early"))
    #expect(report.jsonText.contains(#""planned_prompts": 400"#))
    try ReportSchemaTests.check(report)
  }

  @Test func `a scheme that changes nothing needs hundreds of prompts`() {
    // Two submissions share α: 0.99^n ≤ 0.0125 needs 436 prompts at least.
    #expect(Self.settle(Self.text).outputs.count == Self.planned)
  }

  @Test func `the order is a permutation that depends on the seed alone`() {
    #expect(Self.rule(seed: 1).order.sorted() == Array(0..<Self.planned))
    #expect(Self.rule(seed: 1).order == Self.rule(seed: 1).order)
    #expect(Self.rule(seed: 1).order != Self.rule(seed: 2).order)
  }

  @Test func `a run that ended early survives its file, and is not taken for a damaged one`() throws {
    let early = Self.run("int8", earlyStop: EarlyStop(plannedCount: 400, seed: .max), [(3, "a"), (7, "b")])
    let again = try Run(parsing: Array(early.text.utf8), label: "f", name: "int8")
    #expect(again.provenance == early.provenance)
    #expect(throws: Never.self) { try Comparison(reference: Self.reference, submission: again) }
    let damaged = Self.run("int8", earlyStop: nil, [(3, "a"), (7, "b")])
    #expect(throws: ComparisonError.self) { try Comparison(reference: Self.reference, submission: damaged) }
  }
}
