internal import Metrics
internal import Statistics

extension Report {
  /// `summary.csv`: one row per submission, gate and metric, with the metric's own category; then a row `all` with the
  /// gate's verdict beside the numbers of the metric that decides it, with p corrected for metrics and submissions.
  package var summaryCSV: String {
    var csv = CSVWriter(headings: [
      "submission", "gate", "metric", "reference", "score", "ratio", "ratio_low", "ratio_high", "category",
      "confidence", "p", "prompts_needed",
    ])
    for comparison in comparisons {
      for gate in comparison.gates {
        for metric in gate.metrics {
          csv.append(
            row(comparison, gate, metric.metric.name, metric, metric.category)
              + [.text(metric.confidence.rawValue), .optional(metric.p), .empty])
        }
        csv.append(
          row(comparison, gate, "all", gate.weakestMetric, gate.category)
            + [
              .text(gate.confidence.rawValue), .optional(gate.adjustedP),
              gate.promptsNeeded.map { .integer($0) } ?? .empty,
            ])
      }
    }
    return csv.text
  }

  private func row(
    _ comparison: Comparison, _ gate: GateResult, _ name: String, _ metric: MetricResult?, _ category: Category?
  ) -> [CSVWriter.Cell] {
    [
      .text(comparison.submission.name), .text(gate.gate.rawValue), .text(name), .optional(metric?.reference),
      .optional(metric?.score), .optional(metric?.ratio?.value), .optional(metric?.ratio?.interval?.low),
      .optional(metric?.ratio?.interval?.high), .text(category?.rawValue ?? "undefined"),
    ]
  }

  /// `prompts.csv`: one row per submission and prompt. Scores are of the submission's text against the reference's; the last
  /// three columns are there when logits were looked at.
  package var promptsCSV: String {
    let headings = [
      "id", "submission", "rouge1", "rouge2", "rougeL", "rougeLsum", "exact_match", "first_divergence",
      "divergence_margin", "status",
    ]
    let logitHeadings = ["kld", "disagreements", "confident_disagreements"]
    var csv = CSVWriter(headings: headings + (logits == nil ? [] : logitHeadings))
    for (index, comparison) in comparisons.enumerated() {
      let columns = ROUGEVariant.standard.map { comparison.metrics.firstIndex(of: $0) }
      for prompt in comparison.prompts {
        let scores = columns.map { column in CSVWriter.Cell.optional(column.map { prompt.agreement[$0] }) }
        csv.append(
          [.text(prompt.id), .text(comparison.submission.name)] + scores + [
            .text(String(prompt.isExactMatch)), prompt.divergence.map { .integer($0.index) } ?? .empty,
            .optional(prompt.divergence?.margin), .text(prompt.status.rawValue),
          ] + logitCells(prompt.id, index))
      }
    }
    return csv.text
  }

  /// Mean KL divergence on the reference's answer, and the steps of it at which the submission disagrees.
  private func logitCells(_ id: String, _ index: Int) -> [CSVWriter.Cell] {
    guard let logits else { return [] }
    guard let trace = logits.traces[index][id] else { return [.empty, .empty, .empty] }
    let confident = trace.disagreements.count { !$0.isNearTie(within: logits.floor.marginChange) }
    return [
      .optional(trace.meanDivergence), .integer(trace.disagreements.count), .integer(confident),
    ]
  }
}
