internal import Statistics

extension Report {
  private static let shownDivergences = 3

  /// Where answers part, by what margin, and what would have happened at every step of the reference's answers.
  var divergenceSection: String {
    let threshold = logits?.floor.marginChange
    let rows = comparisons.enumerated().map { index, comparison in
      row(
        comparison, DivergenceSummary(comparison, threshold: threshold), logits?.traces[index],
        threshold)
    }
    let bounds = DivergenceSummary.histogramBounds
    let table = MarkdownTable(
      headings: [
        "submission", "same text", "tokens equal", "first divergence: quartiles",
        "by step: \(([0] + bounds).map(String.init).joined(separator: ", "))…",
        "near-tie, confident",
        "all disagreements: near-tie, confident",
      ], rows: rows)
    let explained =
      threshold.map {
        "A near-tie is a step at which the reference's best logit is at most \(Self.significant($0)) above its second: "
          + "rounding noise moved that distance by as much. Anything else is a confident change. All disagreements: the "
          + "reference's tokens are forced after each (replay), so later ones are seen too."
      } ?? "Margins are not judged, because the noise floor was not measured."
    let details = logits.map { evidence in
      zip(comparisons, evidence.traces).compactMap { firstDivergences($0, $1, threshold ?? 0) }
    }
    return fold("Divergence", ([explained, table.text] + (details ?? [])).joined(separator: "\n\n"))
  }

  private func row(
    _ comparison: Comparison, _ summary: DivergenceSummary, _ trace: LogitTrace?,
    _ threshold: Double?
  ) -> [String] {
    let quartiles = summary.steps.map { steps in
      [0.25, 0.5, 0.75].map { Int(steps[$0].rounded()) }.map(String.init).joined(separator: ", ")
    }
    let all = threshold.flatMap { threshold in
      trace.map { trace in counts(trace.disagreements, trace.steps, threshold) }
    }
    return [
      comparison.submission.name.markdownCode, "\(summary.exactMatches) of \(summary.prompts)",
      summary.tokenMatchRate.map { ($0 * 100).printed(1) + " %" } ?? "unknown", quartiles ?? "none",
      summary.histogram.map(String.init).joined(separator: ", "),
      threshold == nil ? "unknown" : "\(summary.nearTies), \(summary.confident)",
      all ?? "not replayed",
    ]
  }

  private func counts(_ disagreements: [Disagreement], _ steps: Int, _ threshold: Double) -> String {
    let ties = disagreements.count { $0.isNearTie(within: threshold) }
    return "\(ties), \(disagreements.count - ties) of \(steps) steps"
  }

  /// The first divergences at which the reference was surest, with both models' candidates, folded.
  private func firstDivergences(_ comparison: Comparison, _ trace: LogitTrace, _ threshold: Double)
    -> String?
  {
    let surest = trace.prompts.compactMap { prompt in prompt.first.map { (prompt.id, $0) } }
      .sorted { $0.1.margin != $1.1.margin ? $0.1.margin > $1.1.margin : $0.0 < $1.0 }
      .prefix(Self.shownDivergences)
    guard !surest.isEmpty else { return nil }
    let rows = surest.map { id, point in
      [
        id.excerpt(60).markdownCode, "\(point.step)",
        "\(point.margin.printed(4)) (\((point.probabilityMargin * 100).printed(2)) %)",
        Disagreement(step: point.step, margin: point.margin).isNearTie(within: threshold)
          ? "near-tie" : "confident",
        candidates(point.reference), candidates(point.submission),
      ]
    }
    let table = MarkdownTable(
      headings: [
        "prompt", "step", "margin in logits (p1 - p2)", "kind", "reference", "submission",
      ], rows: rows)
    return """
      <details><summary>\(comparison.submission.name.markdownEscaped): surest choices that were lost first</summary>

      \(table.text)

      </details>
      """
  }

  private func candidates(_ candidates: [DivergencePoint.Candidate]) -> String {
    candidates.map { "\($0.text.markdownCode) \(($0.probability * 100).printed(1)) %" }.joined(
      separator: ", ")
  }
}
