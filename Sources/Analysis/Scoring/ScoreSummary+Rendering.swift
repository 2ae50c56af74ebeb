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

  /// The summary for people: a table without empty columns, and a closing line.
  package func text(width: Int) -> String {
    let headings = ["metric", "score", "precision", "recall", "95 % interval", "unanswered", "signature"]
    let cells = rows.map(\.cells)
    let used = headings.indices.filter { column in cells.contains { !$0[column].isEmpty } }
    let table = TextTable(
      headings: used.map { headings[$0] }, rows: cells.map { row in used.map { row[$0] } }, dispensable: [])
    // A signature cut short would be none, so the terminal may wrap it.
    return table.text(width: max(width, table.width)) + rows.flatMap(\.details).map { $0 + "\n" }.joined()
      + "\(count(pairs, "pair")), \(count(broken, "broken line"))\n"
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension ScoreSummary.Row {
  var json: JSON {
    .members([
      "signature": .string(signature.description), "mean": .optional(overlap == nil ? mean : nil),
      "precision": .optional(overlap?.precision), "recall": .optional(overlap?.recall),
      "fmeasure": .optional(overlap?.fMeasure), "percent": .optional(percent), "corpus": .optional(corpus?.score),
      "corpus_signature": corpus.flatMap { $0.signature == signature ? nil : .string($0.signature.description) },
      "unanswered": unanswered.map(JSON.integer),
      "classes": letters.isEmpty
        ? nil
        : .object(
          Dictionary(
            uniqueKeysWithValues: letters.map { letter in
              (
                letter.letter,
                JSON.object([
                  "precision": .number(letter.score.precision), "recall": .number(letter.score.recall),
                  "fmeasure": .number(letter.score.fMeasure), "questions": .integer(letter.count),
                ])
              )
            })),
      "faults": faults.isEmpty
        ? nil : .object(Dictionary(uniqueKeysWithValues: faults.map { ($0.fault, JSON.integer($0.count)) })),
      "steps": steps.checked == 0
        ? nil : .object(["checked": .integer(steps.checked), "wrong": .integer(steps.wrong)]),
      "bootstrap": bootstrap.map {
        .object(["low": $0.low.json, "mid": $0.middle.json, "high": $0.high.json])
      },
    ])
  }

  /// What is known beyond the score, a line each.
  fileprivate var details: [String] {
    var lines = letters.map {
      "\(metric.name) \($0.letter): precision \(percentage($0.score.precision)), recall "
        + "\(percentage($0.score.recall)), \($0.count) questions"
    }
    if !faults.isEmpty {
      lines.append("\(metric.name) faults: " + faults.map { "\($0.fault) \($0.count)" }.joined(separator: ", "))
    }
    if steps.checked > 0 {
      lines.append("\(metric.name) calculations checked: \(steps.checked), wrong: \(steps.wrong)")
    }
    return lines
  }

  fileprivate var cells: [String] {
    let score = percent ?? corpus?.score
    return [
      metric.name, score?.fixedPoint(4) ?? "-", percentage(overlap?.precision), percentage(overlap?.recall),
      bootstrap.map { "\(percentage($0.low.fMeasure)) to \(percentage($0.high.fMeasure))" } ?? "",
      unanswered.map(String.init) ?? "", (corpus?.signature ?? signature).description,
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
