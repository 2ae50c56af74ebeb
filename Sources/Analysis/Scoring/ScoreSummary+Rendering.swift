import Metrics
import Statistics

extension ScoreSummary {
  /// The summary for machines, schema `assay.score/1`.
  package var json: JSON {
    .object([
      "schema": "assay.score/1", "pairs": .integer(pairs), "broken": .integer(broken),
      "metrics": .object(Dictionary(rows.map { ($0.metric.name, $0.json) }, uniquingKeysWith: { first, _ in first })),
    ])
  }

  /// The summary for people: a table and a closing line.
  package func text(width: Int) -> String {
    let table = TextTable(
      headings: ["metric", "score", "precision", "recall", "95 % interval", "signature"], rows: rows.map(\.cells),
      dispensable: [2, 3, 4])
    return table.text(width: max(width, table.width)) + "\(count(pairs, "pair")), \(count(broken, "broken line"))\n"
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension ScoreSummary.Row {
  var json: JSON {
    .members([
      "signature": .string(signature.description), "mean": .optional(overlap == nil ? mean : nil),
      "precision": .optional(overlap?.precision), "recall": .optional(overlap?.recall),
      "fmeasure": .optional(overlap?.fMeasure), "percent": .optional(percent), "corpus": .optional(corpus?.score),
      "corpus_signature": (corpus?.signature.description).map(JSON.string), "unanswered": unanswered.map(JSON.integer),
      "bootstrap": bootstrap.map {
        .object(["low": $0.low.json, "mid": $0.middle.json, "high": $0.high.json])
      },
    ])
  }

  fileprivate var cells: [String] {
    let score = percent ?? corpus?.score
    return [
      metric.name, score?.fixedPoint(4) ?? "-", percentage(overlap?.precision), percentage(overlap?.recall),
      bootstrap.map { "\(percentage($0.low.fMeasure)) to \(percentage($0.high.fMeasure))" } ?? "",
      (corpus?.signature ?? signature).description,
    ]
  }

  private func percentage(_ share: Double?) -> String { share.map { ($0 * 100).fixedPoint(4) } ?? "" }
}

extension JSON {
  fileprivate static func optional(_ number: Double?) -> JSON? { number.map(JSON.number) }
}

extension PrecisionRecall {
  fileprivate var json: JSON {
    .object(["precision": .number(precision), "recall": .number(recall), "fmeasure": .number(fMeasure)])
  }
}
