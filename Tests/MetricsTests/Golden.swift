import Foundation
import Metrics
import Testing

/// The rows of a JSON Lines fixture, made by the reference implementation that its HOW-MADE.md names.
func golden<Row: Decodable>(_ path: String, as type: Row.Type = Row.self) throws -> [Row] {
  let url = Bundle.module.bundleURL.appending(path: "Fixtures/\(path).jsonl")
  let rows = try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).map {
    try JSONDecoder().decode(Row.self, from: $0)
  }
  // A fixture that vanished must not look like one that agrees.
  try #require(!rows.isEmpty, "\(path) has no rows")
  return rows
}

/// Compares a score with the reference's `[precision, recall, fmeasure]`.
func expect(
  _ score: PrecisionRecall, matches triple: [Double], _ context: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let values = [score.precision, score.recall, score.fMeasure]
  let agrees = triple.count == 3 && zip(values, triple).allSatisfy { abs($0 - $1) <= 1e-12 }
  #expect(agrees, "\(context): got \(values), the reference has \(triple)", sourceLocation: sourceLocation)
}
