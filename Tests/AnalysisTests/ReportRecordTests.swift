import Testing

@testable import Analysis
@testable import Metrics

@Suite struct ReportRecordTests {
  static func record(logits: LogitEvidence?) -> ReportRecord {
    ReportRecord(
      title: "t", promptFile: "prompts", referenceFile: "fp32.jsonl",
      submissions: [.init(file: "s.jsonl", ties: .init(file: "s.led-back.jsonl", ledBack: 3, threshold: 0.0123))],
      options: ComparisonOptions(gateMetrics: [.l, .n(3)], stemming: false, gate: .targets),
      requirement: .init(category: .category1, needsConfidence: true),
      control: AAControl(
        promptCount: 8, tokenDifferences: 0, logProbabilityDifferences: nil, maximumLogProbabilityDifference: 0.1),
      logits: logits)
  }

  @Test func `what is written reads back to the same bits`() throws {
    for record in [Self.record(logits: nil), Self.record(logits: TieTests.evidence())] {
      let read = try ReportRecord(parsing: Array(record.text.utf8), label: "record.json")
      #expect(read == record)
      #expect(read.options == record.options)
    }
  }

  @Test func `a damaged record is refused, wherever it is cut or changed`() throws {
    let text = Self.record(logits: TieTests.evidence()).text
    let bytes = Array(text.utf8)
    for count in stride(from: 0, to: bytes.count - 2, by: 97) {
      #expect(throws: RecordError.self) { try ReportRecord(parsing: Array(bytes.prefix(count)), label: "r") }
    }
    for (old, new) in [
      (#""fp32.jsonl""#, #""../fp32.jsonl""#), (#""gate":"targets""#, #""gate":"mood""#),
      ("assay.record/1", "assay.record/2"),
      (#""rouge3""#, #""rouge33""#), (#""led_back":3"#, #""led_back":"3""#),
      (#""required":"99.9""#, #""required":"98""#),
      (#""prompts":8"#, #""prompts":null"#), (#""top":["#, #""top":[1,"#), (#""traces":[["#, #""traces":[[],["#),
    ] {
      #expect(text.contains(old))
      let changed = text.replacing(old, with: new)
      #expect(throws: RecordError.self, "\(new)") { try ReportRecord(parsing: Array(changed.utf8), label: "r") }
    }
  }
}
