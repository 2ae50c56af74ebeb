internal import Metrics
internal import Statistics

extension Report {
  /// Answers that changed sides, per task; `nil` when no prompt has a task that is graded.
  var flipsSection: String? {
    let rows = comparisons.flatMap { comparison in
      comparison.flips.map { flips in
        [
          comparison.submission.name.markdownCode, flips.task.markdownCode, String(flips.promptCount),
          "\(flips.referenceCorrect) → \(flips.submissionCorrect)", String(flips.test.lost), String(flips.test.gained),
          String(flips.wrongToWrong), "\((100 * flips.rate).printed(1)) %", flips.test.midP.printed(4),
        ]
      }
    }
    guard !rows.isEmpty else { return nil }
    let table = MarkdownTable(
      headings: [
        "submission", "task", "prompts", "right", "right to wrong", "wrong to right", "wrong to other wrong", "flips",
        "McNemar's p",
      ], rows: rows)
    return fold(
      "Flips",
      "Answers graded against the targets. Equal numbers of right answers can hide many changed ones; "
        + "McNemar's mid-p is small when more changed in one direction than chance explains.\n\n" + table.text)
  }

  static func json(of flips: Flips) -> JSON {
    .members([
      "task": .string(flips.task), "prompts": .integer(flips.promptCount),
      "reference_correct": .integer(flips.referenceCorrect), "submission_correct": .integer(flips.submissionCorrect),
      "right_to_wrong": .integer(flips.test.lost), "wrong_to_right": .integer(flips.test.gained),
      "wrong_to_other_wrong": .integer(flips.wrongToWrong), "mcnemar_exact_p": .number(flips.test.exactP),
      "mcnemar_mid_p": .number(flips.test.midP), "mcnemar_chi_square": .number(flips.test.chiSquare),
      "worse_p": .number(flips.test.worseP),
    ])
  }
}
