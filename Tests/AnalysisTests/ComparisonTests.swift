import Metrics
import Statistics
import Testing

@testable import Analysis

@Suite struct ComparisonTests {
  static func run(_ name: String, _ texts: KeyValuePairs<String, String>, _ provenance: Provenance? = nil) -> Run {
    try! Run(name: name, provenance: provenance, outputs: texts.map { Output(id: $0.key, text: $0.value) })
  }

  private let reference = run(
    "fp32",
    [
      "a": "The Eiffel Tower is located in Paris and is one of the most visited landmarks in the world.",
      "b": "It is raining today.", "c": "Yes",
    ])

  @Test func `a run compared with itself keeps everything`() throws {
    let comparison = try Comparison(reference: reference, submission: reference)
    #expect(comparison.deciding.category == .category1)
    // Three prompts without a loss do not show that there is none.
    #expect(comparison.deciding.confidence == .unconfirmed)
    #expect(comparison.exactMatchCount == 3)
    #expect(comparison.prompts.allSatisfy { $0.divergence == nil && $0.status == .identical })
    // One word has no bigram: rouge-score gives it 0 against itself, and the ratio is still 1.
    #expect(comparison.deciding.metrics.map(\.reference) == [100, 66.6667, 100, 100])
    #expect(comparison.deciding.metrics.map(\.ratio?.value) == [1, 1, 1, 1])
    #expect(comparison.worstPrompts(3).isEmpty)
  }

  /// F-measures by rouge-score 0.1.2 with stemmer.
  @Test func `texts of the ROUGE literature score as in rouge-score`() throws {
    let submission = Self.run(
      "int8",
      [
        "a": "Located in Paris, the Eiffel Tower is a famous landmark visited by many people.",
        "b": "It's raining today.", "c": "Yes",
      ])
    let comparison = try Comparison(reference: reference, submission: submission)
    #expect(comparison.prompts[0].agreement == Self.eiffel)
    #expect(comparison.prompts[1].agreement == Self.raining)
    #expect(comparison.prompts[2].agreement == [1, 0, 1, 1])
    #expect(comparison.prompts.map(\.isExactMatch) == [false, false, true])
    #expect(comparison.prompts[0].divergence?.index == 0)
    #expect(comparison.prompts[0].divergence?.unit == .word)
    #expect(comparison.worstPrompts(5).map(\.id) == ["a", "b"])
    #expect(comparison.deciding.category == .fail)
    #expect(comparison.notes.contains(.divergenceInWords))
  }

  private static let eiffel: [Double] = [
    0.5625000000000001, 0.33333333333333337, 0.31250000000000006, 0.31250000000000006,
  ]
  private static let raining: [Double] = [0.75, 0.3333333333333333, 0.75, 0.75]

  @Test func `a set averaging 98.6 % fails both categories`() throws {
    // Of 500 words of each text, 7 are other words: ROUGE-1 and ROUGE-L are exactly 98.6 %.
    let words = (0..<500).map { "w\($0)x" }
    let changed = words.enumerated().map { $0.offset < 7 ? "other" : $0.element }
    let reference = Self.run("fp32", ["a": words.joined(separator: " "), "b": words.joined(separator: " ")])
    let submission = Self.run("int8", ["a": changed.joined(separator: " "), "b": changed.joined(separator: " ")])
    let comparison = try Comparison(reference: reference, submission: submission)
    #expect(comparison.deciding.metrics[0].score == 98.6)
    #expect(comparison.deciding.metrics[2].score == 98.6)
    #expect(comparison.deciding.category == .fail)
    for required in [Category.category1, .category2] {
      #expect(Judgement([comparison.deciding], requirement: .init(category: required)).outcome == .notMet)
    }
  }

  @Test func `a changed text without Latin letters cannot hide`() throws {
    let reference = Self.run("fp32", ["a": "巴黎", "b": "", "c": "Paris is a city"])
    let submission = Self.run("int8", ["a": "里昂", "b": "", "c": "Paris is a city"])
    let comparison = try Comparison(reference: reference, submission: submission)
    #expect(comparison.deciding.metrics.map(\.score) == [66.6667, 66.6667, 66.6667, 66.6667])
    #expect(comparison.deciding.metrics.map(\.reference) == [100, 100, 100, 100])
    #expect(comparison.notes.contains(.wordless(count: 2, changed: 1)))
    #expect(comparison.prompts.map(\.status) == [.changed, .identical, .identical])
  }

  @Test func `an answer that became empty is named so`() throws {
    let comparison = try Comparison(
      reference: Self.run("fp32", ["a": "word"]), submission: Self.run("int8", ["a": " \n"]))
    #expect(comparison.prompts[0].status == .empty)
  }

  @Test func `texts that differ only in their normal form are not the same`() throws {
    let comparison = try Comparison(
      reference: Self.run("fp32", ["a": "caf\u{E9}"]), submission: Self.run("int8", ["a": "cafe\u{301}"]))
    #expect(!comparison.prompts[0].isExactMatch)
  }

  // MARK: - Targets

  @Test func `under the targets gate the ratio of means decides`() throws {
    let reference = Self.run("fp32", ["a": "red green", "b": "one two", "c": "x"])
    let submission = Self.run("int8", ["a": "red blue", "b": "one two", "c": "y"])
    let truth = GroundTruth(targets: ["a": ["green", "red blue"], "b": ["one two three"]])
    let comparison = try Comparison(
      reference: reference, submission: submission, truth: truth,
      options: ComparisonOptions(gateMetrics: [.n(1)], gate: .targets))
    #expect(comparison.gates.map(\.gate) == [.reference, .targets])
    #expect(comparison.deciding.promptCount == 2)
    // F of "red green": 2/3 against "green"; of "one two": 4/5. Then 1 and 4/5.
    #expect(comparison.deciding.metrics[0].reference == 73.3333)
    #expect(comparison.deciding.metrics[0].score == 90)
    #expect(comparison.deciding.category == .category1)
    #expect(comparison.gates[0].category == .fail)
    #expect(comparison.notes.contains(.promptsWithoutTargets(count: 1, promptCount: 3)))
  }

  @Test func `a metric in which the reference scores nothing does not decide`() throws {
    let runs = Self.run("fp32", ["a": "red green", "b": "blue"])
    let comparison = try Comparison(
      reference: runs, submission: runs, truth: GroundTruth(targets: ["a": ["green"], "b": ["blue"]]),
      options: ComparisonOptions(gate: .targets))
    #expect(comparison.deciding.metrics[1].category == nil)
    #expect(comparison.deciding.category == .category1)
    #expect(comparison.notes.contains(.undefined(metric: "ROUGE-2", gate: .targets)))
  }

  @Test(arguments: [
    "{\"id\":\"a\",\"target\":[\"x\",\"y\"],\"category\":\"c\"}\n{\"id\":2,\"target\":\"z\"}",
    "id,category,target\r\na,c,\"[\"\"x\"\",\"\"y\"\"]\"\r\n2,,z\r\n",
  ])
  func `targets are read without their prompts`(text: String) throws {
    let truth = try GroundTruth(parsing: Array(text.utf8), label: "t")
    #expect(truth == GroundTruth(targets: ["a": ["x", "y"], "2": ["z"]], categories: ["a": "c"]))
  }

  // MARK: - Refusals

  @Test func `missing and unexpected outputs are refused by name`() {
    let submission = Self.run("int8", ["b": "x", "d": "y"])
    #expect(throws: ComparisonError.missingOutputs(submission: "int8", ids: ["a", "c"], promptCount: 3)) {
      try Comparison(reference: reference, submission: submission)
    }
    #expect(throws: ComparisonError.unexpectedOutputs(submission: "fp32", reference: "part", ids: ["b", "c"])) {
      try Comparison(reference: Self.run("part", ["a": "x"]), submission: reference)
    }
    #expect(throws: ComparisonError.noTargets(reference: "fp32")) {
      try Comparison(reference: reference, submission: reference, options: ComparisonOptions(gate: .targets))
    }
    #expect(throws: ComparisonError.noGateMetrics) {
      try Comparison(reference: reference, submission: reference, options: ComparisonOptions(gateMetrics: []))
    }
  }

  @Test func `a refusal names at most five prompts`() {
    let error = ComparisonError.missingOutputs(
      submission: "int8.jsonl", ids: (1...7).map { "q\($0)" }, promptCount: 40)
    #expect(
      error.description
        == "'int8.jsonl' has no output for 7 of 40 prompts: 'q1', 'q2', 'q3', 'q4', 'q5', …; finish it with --resume")
  }
}

@Suite struct DivergenceTests {
  private func output(_ tokens: [Int32]?, _ text: String = "", margins: [Double]? = nil) -> Output {
    Output(id: "a", text: text, tokens: tokens, margins: margins)
  }

  private static let cases: [([Int32], [Int32], Int?, Double?)] = [
    ([1, 2, 3], [1, 2, 3], nil, nil), ([1, 2, 3], [1, 9, 3], 1, 0.2), ([1, 2, 3], [1, 2], 2, 0.3),
    ([1, 2], [1, 2, 3], 2, nil), ([], [1], 0, nil), ([], [], nil, nil),
  ]

  @Test(arguments: cases)
  func `the first differing token is found with the reference's margin`(
    reference: [Int32], submission: [Int32], index: Int?, margin: Double?
  ) {
    let margins = Array([0.1, 0.2, 0.3].prefix(reference.count))
    let divergence = Divergence(reference: output(reference, margins: margins), submission: output(submission))
    #expect(divergence?.index == index)
    #expect(divergence?.margin == margin)
    #expect(divergence.map { $0.unit == .token } ?? true)
  }

  @Test(
    arguments: [
      ("one two  three", "one\ntwo three", nil), ("one two three", "one two four", 2), ("one", "one two", 1),
      ("", "x", 0),
    ] as [(String, String, Int?)])
  func `without tokens words are counted`(reference: String, submission: String, index: Int?) {
    let divergence = Divergence(reference: output(nil, reference), submission: output([1], submission))
    #expect(divergence?.index == index)
    #expect(divergence.map { $0.unit == .word } ?? true)
  }
}

@Suite struct CompatibilityTests {
  private static let base = RunTests.provenance

  private static func provenance(
    model: Provenance.Source = base.model, prompts: Provenance.Source = base.prompts,
    template: Provenance.Source? = base.template, maximumTokenCount: Int = 96, isRaw: Bool = false,
    seed: UInt64? = .max, execution: Provenance.Execution = base.execution
  ) -> Provenance {
    Provenance(
      model: model, prompts: prompts, template: template, scheme: "fp32",
      settings: .init(maximumTokenCount: maximumTokenCount, isRaw: isRaw, seed: seed), execution: execution,
      tool: "assay 0.1.0")
  }

  private static let refused: [(Provenance, String)] = [
    (provenance(prompts: .init(name: "p.jsonl", digest: Digest(of: "other"))), "prompts"),
    (provenance(template: .init(name: "chatml", digest: Digest(of: "other"))), "template"),
    (provenance(maximumTokenCount: 64), "max_tokens"), (provenance(isRaw: true), "raw"), (provenance(seed: 1), "seed"),
  ]

  @Test(arguments: refused)
  func `other prompts, templates or settings are refused by field with both values`(
    submission: Provenance, field: String
  ) throws {
    let error = #expect(throws: ComparisonError.self) {
      try Comparison(
        reference: ComparisonTests.run("fp32", ["a": "x"], Self.base),
        submission: ComparisonTests.run("int8", ["a": "x"], submission))
    }
    guard case .incompatible(_, _, let differences)? = error else {
      Issue.record("not refused as incompatible")
      return
    }
    #expect(differences.map(\.field) == [field])
    #expect(error?.description.contains(differences[0].reference) == true)
    #expect(error?.description.contains(differences[0].submission) == true)
  }

  @Test func `the refusal is one sentence`() {
    let error = #expect(throws: ComparisonError.self) {
      try Comparison(
        reference: ComparisonTests.run("fp32", ["a": "x"], Self.base),
        submission: ComparisonTests.run("int8", ["a": "x"], Self.provenance(maximumTokenCount: 64)))
    }
    #expect(
      error?.description
        == "the runs cannot be compared: max_tokens is '64' in 'int8' but '96' in 'fp32'; generate both with the same settings"
    )
  }

  private static let accepted: [(Provenance, [String])] = [
    (provenance(execution: .init(core: "SkylakeX", tile: 32)), []),
    (provenance(execution: .init(core: "Haswell", tile: 16)), ["core", "tile"]),
    (provenance(prompts: .init(name: "moved/p.jsonl", digest: base.prompts.digest)), []),
    (provenance(model: .init(name: "m-q4.gguf", digest: Digest(of: "q4"))), ["model"]),
    (provenance(template: nil), []),
  ]

  @Test(arguments: accepted)
  func `another shape, kernel or model file is accepted and noted`(submission: Provenance, fields: [String]) throws {
    let comparison = try Comparison(
      reference: ComparisonTests.run("fp32", ["a": "x"], Self.base),
      submission: ComparisonTests.run("int8", ["a": "x"], submission))
    let noted = comparison.notes.compactMap { note -> String? in
      if case .differs(let difference) = note { difference.field } else { nil }
    }
    #expect(noted == fields)
  }
}

@Suite struct AAControlTests {
  private func run(_ tokens: [Int32], _ logProbabilities: [Double]?) -> Run {
    let output = Output(id: "a", text: "x", tokens: tokens, logProbabilities: logProbabilities)
    return try! Run(name: "fp32", provenance: RunTests.provenance, outputs: [output])
  }

  @Test func `equal runs pass`() {
    let control = AAControl(
      reference: run([1, 2], [-0.5, -1]), control: run([1, 2], [-0.5, -1]))
    #expect(control?.isExact == true)
    #expect(
      control?.description
        == "A/A control passed: the reference against itself on 1 prompt, on another number of threads: "
        + "the same tokens and log-probabilities")
  }

  @Test func `one bit of one log-probability is enough to fail`() {
    let control = AAControl(
      reference: run([1, 2], [-0.5, -1]), control: run([1, 2], [-0.5, (-1.0).nextUp]))
    #expect(control?.isExact == false)
    #expect(control?.logProbabilityDifferences == 1)
    #expect(control?.maximumLogProbabilityDifference == 1 - (1.0).nextDown)
  }

  @Test func `tokens that differ or are missing are counted`() {
    let control = AAControl(reference: run([1, 2, 3], nil), control: run([1, 9], nil))
    #expect(control?.tokenDifferences == 2)
    #expect(control?.logProbabilityDifferences == nil)
    #expect(control?.isExact == false)
  }

  @Test func `runs without a common prompt are no control`() {
    #expect(
      AAControl(reference: run([1], nil), control: ComparisonTests.run("fp32", ["other": "x"])) == nil)
  }
}
