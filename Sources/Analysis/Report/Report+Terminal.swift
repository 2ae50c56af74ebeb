extension Report {
  /// The verdicts for the end of a command: one row per submission and gate, then what was required.
  ///
  /// - Parameters:
  ///   - width: the columns of the terminal.
  ///   - colours: whether it shows them; they only repeat what words say.
  package func terminalText(width: Int, colours: Bool = false) -> String {
    let full = table(whole: " of reference")
    let table = full.width <= width ? full : table(whole: "")
    let lines =
      [outcomeSentence] + comparisons.compactMap(\.savingText).map { $0 + "." }
      + (control.map { [$0.description + "."] } ?? [])
    return table.text(width: width, style: colours ? style : { _, _ in nil }) + "\n" + lines.joined(separator: "\n")
      + "\n" + releaseText(width: width)
  }

  private func style(row: Int, column: Int) -> TextStyle? {
    guard row > 0 else { return .bold }
    let results = comparisons.flatMap(gatesDecidingFirst)
    let verdict = hasManyGates ? 2 : 1
    switch column {
    case verdict:
      return results[row - 1].category.map { $0 == .fail ? .red : .green }
    case verdict + 2:
      return results[row - 1].confidence == .confirmed ? nil : .yellow
    default: return nil
    }
  }

  private var hasManyGates: Bool { comparisons.contains { $0.gates.count > 1 } }

  private func table(whole: String) -> TextTable {
    let rows = comparisons.flatMap { comparison in
      gatesDecidingFirst(comparison).map { gate in
        [comparison.submission.name] + (hasManyGates ? [gate.gate.rawValue] : []) + [
          gate.verdictText, gate.decidingText(of: whole), gate.confidence.rawValue,
          gate.pText, gate.promptsNeededText, "\(comparison.exactMatchCount) of \(comparison.prompts.count)",
        ]
      }
    }
    let headings =
      ["submission"] + (hasManyGates ? ["gate"] : []) + [
        "verdict", "weakest metric", "confidence", "p", "more prompts", "same text",
      ]
    let last = headings.count - 1
    return TextTable(headings: headings, rows: rows, dispensable: [last, last - 2, last - 1, last - 3])
  }

  private func gatesDecidingFirst(_ comparison: Comparison) -> [GateResult] {
    [comparison.deciding] + comparison.gates.filter { $0.gate != comparison.deciding.gate }
  }
}
