import Statistics
import Testing

@testable import Analysis

@Suite struct FlipsTests {
  private static func run(_ name: String, _ texts: [String]) throws -> Run {
    try Run(
      name: name, provenance: nil, outputs: texts.enumerated().map { Output(id: "q\($0.offset)", text: $0.element) })
  }

  private static func truth(task: String, choices: [String] = []) throws -> GroundTruth {
    let prompts = (0..<6).map { index in
      Prompt(
        id: "q\(index)", content: .text("?"), targets: ["It is 7.\n#### 7"], task: index < 5 ? task : nil,
        choices: choices)
    }
    return GroundTruth(try PromptSet(label: "p", prompts: prompts))
  }

  private static let answers = ["#### 7", "#### 7", "#### 7", "#### 8", "#### 8", "#### 7"]
  private static let others = ["#### 7", "#### 6", "#### 5", "#### 7", "#### 9", "#### 1"]

  @Test func `are counted by direction and tested`() throws {
    let comparison = try Comparison(
      reference: Self.run("fp32", Self.answers), submission: Self.run("int8", Self.others),
      truth: Self.truth(task: "gsm8k"))
    let flips = try #require(comparison.flips.first)
    #expect(comparison.flips.count == 1)
    #expect(flips.task == "gsm8k")
    // The sixth prompt has no task.
    #expect(flips.promptCount == 5)
    #expect(flips.referenceCorrect == 3)
    #expect(flips.submissionCorrect == 2)
    #expect(flips.test.lost == 2)
    #expect(flips.test.gained == 1)
    #expect(flips.wrongToWrong == 1)
    #expect(flips.rate == 0.6)
    let report = Report(title: "t", comparisons: [comparison], requirement: .init(category: nil))
    #expect(report.markdown.contains("| `int8` | `gsm8k` | 5 | 3 → 2 | 2 | 1 | 1 | 60.0 % | 0.6250 |"))
    #expect(report.jsonText.contains(#""right_to_wrong": 2"#))
    try ReportSchemaTests.check(report)
  }

  @Test(arguments: ["no-such-task", "mmlu-flexible"])
  func `leave prompts out that cannot be graded`(task: String) throws {
    let comparison = try Comparison(
      reference: Self.run("fp32", Self.answers), submission: Self.run("int8", Self.others),
      truth: Self.truth(task: task))
    #expect(comparison.flips.isEmpty)
    #expect(
      !Report(title: "t", comparisons: [comparison], requirement: .init(category: nil)).markdown.contains("Flips"))
  }

  @Test func `are read from a file of targets`() throws {
    let text = #"{"id":"q0","target":"7","task":"gsm8k"}"# + "\n"
    let truth = try GroundTruth(parsing: Array(text.utf8), label: "targets.jsonl")
    #expect(truth.tasks == ["q0": "gsm8k"])
  }
}
