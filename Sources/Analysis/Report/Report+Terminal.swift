extension Report {
  /// The verdicts for the end of a command: one row per submission and gate, then what was required.
  ///
  /// - Parameter width: the columns of the terminal.
  package func terminalText(width: Int) -> String {
    let full = table(whole: " of reference")
    let table = full.width <= width ? full : table(whole: "")
    let lines =
      [outcomeSentence] + comparisons.compactMap(\.savingText).map { $0 + "." }
      + (control.map { [$0.description + "."] } ?? [])
    return table.text(width: width) + "\n" + lines.joined(separator: "\n") + "\n" + releaseText(width: width)
  }

  private func table(whole: String) -> TextTable {
    let hasManyGates = comparisons.contains { $0.gates.count > 1 }
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
