internal import Metrics

extension Report {
  /// The prompts that suffered most, of each submission.
  var promptsSection: String? {
    let worst = comparisons.map { ($0, $0.worstPrompts(Self.worstPromptCount)) }
    guard worst.contains(where: { !$0.1.isEmpty }) else {
      return "## Prompts\n\nEvery output of every submission has the same text as the reference's."
    }
    let rows = worst.flatMap { comparison, prompts in prompts.map { row(comparison, $0) } }
    let table = MarkdownTable(
      headings: ["submission", "prompt", "ROUGE-L", "first difference", "margin there"], rows: rows)
    return "## Prompts that changed most\n\n\(table.text)\n\n\(Self.marginLegend)"
  }

  /// Their texts side by side, folded.
  var sideBySideSections: [String] {
    comparisons.flatMap { comparison in
      comparison.worstPrompts(Self.worstPromptCount).map { sideBySide(comparison, $0) }
    }
  }

  private static let marginLegend =
    "The margin is the reference's best logit minus its second best at the first difference: near 0 a rounding error could "
    + "tip the choice, a large margin is a confident choice that was lost. ⟦Marked⟧ is the first word that differs."

  private func row(_ comparison: Comparison, _ prompt: PromptComparison) -> [String] {
    let score = comparison.metrics.firstIndex(of: .l).map { (prompt.agreement[$0] * 100).printed(1) + " %" }
    return [
      comparison.submission.name.markdownCode, prompt.id.excerpt(60).markdownCode, score ?? "", place(of: prompt),
      prompt.divergence?.margin.map { $0.printed(4) } ?? "unknown",
    ]
  }

  private func place(of prompt: PromptComparison) -> String {
    prompt.divergence.map { "after \($0.index) \($0.unit.rawValue)\($0.index == 1 ? "" : "s")" } ?? "none"
  }

  private func sideBySide(_ comparison: Comparison, _ prompt: PromptComparison) -> String {
    let reference = comparison.reference[prompt.id]?.text ?? ""
    let submission = comparison.submission[prompt.id]?.text ?? ""
    let table = MarkdownTable(
      headings: ["reference", comparison.submission.name.markdownCode],
      rows: [
        [
          cell(DivergingText(reference, differingFrom: submission)),
          cell(DivergingText(submission, differingFrom: reference)),
        ]
      ])
    let question = prompts?[prompt.id].flatMap { $0.messages.last { $0.role == "user" }?.content }
    let asked = question.map { ["Prompt: " + $0.excerpt(300).markdownCode] } ?? []
    let title = "\(comparison.submission.name.markdownEscaped): \(prompt.id.excerpt(60).markdownEscaped)"
    return (["<details><summary>\(title)</summary>"] + asked + [table.text, "</details>"]).joined(separator: "\n\n")
  }

  private func cell(_ text: DivergingText) -> String {
    let head = text.omittedBefore > 0 ? "<i>(\(text.omittedBefore) characters before)</i> …" : ""
    let tail = text.omittedAfter > 0 ? "… <i>(\(text.omittedAfter) more characters)</i>" : ""
    let mark = text.word.isEmpty ? "<b>⟦end⟧</b>" : "<b>⟦\(text.word.markdownEscaped)⟧</b>"
    return "\(head)<code>\(text.before.markdownEscaped)\(mark)\(text.after.markdownEscaped)</code>\(tail)"
  }
}
