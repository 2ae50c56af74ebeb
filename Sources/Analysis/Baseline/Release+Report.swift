internal import Metrics

extension Release {
  private static let digestLength = 16

  /// What a report found, as a release that is not blessed yet.
  package init(_ report: Report) {
    let first = report.comparisons[0]
    var signatures: [TrackedMetric: String] = [:]
    for gate in first.gates {
      for metric in gate.metrics {
        signatures[TrackedMetric(gate.gate, metric.metric.name)] = metric.signature.withVersion("").description
      }
    }
    let submissions = report.comparisons.enumerated().map { index, comparison in
      Submission(
        name: comparison.submission.name, provenance: comparison.submission.provenance,
        verdict: comparison.deciding.category,
        scores: comparison.prompts.map { Self.score($0, comparison, report.logits?.traces[index]) })
    }
    let optional = [TrackedMetric.correct, .divergence].filter { metric in
      submissions.contains { $0.scores.contains { $0.values[metric] != nil } }
    }
    self.init(
      suite: report.title, blessing: nil, gate: report.gate,
      reference: Reference(name: report.reference.name, provenance: report.reference.provenance),
      judged: first.deciding.metrics.filter(\.isGating).map { TrackedMetric(report.gate, $0.metric.name) } + optional,
      signatures: signatures, submissions: submissions)
  }

  private static func score(_ prompt: PromptComparison, _ comparison: Comparison, _ trace: LogitTrace?) -> Score {
    var values: [TrackedMetric: Double] = [:]
    for gate in Gate.allCases {
      guard let scores = prompt.scores(for: gate) else { continue }
      for (metric, score) in zip(comparison.metrics, scores.submission) {
        values[TrackedMetric(gate, metric.name)] = rounded(score)
      }
    }
    values[.correct] = prompt.grades.map { $0.submission.isCorrect ? 1 : 0 }
    values[.divergence] = trace?[prompt.id]?.meanDivergence.map(rounded)
    let digest = Digest(of: comparison.submission[prompt.id]?.text ?? "").description.prefix(digestLength)
    return Score(
      id: prompt.id, category: prompt.category, digest: String(digest), divergence: prompt.divergence?.index,
      values: values)
  }

  /// Nine decimals: enough for any comparison, and files stay small.
  private static func rounded(_ value: Double) -> Double { value.rounded(decimals: 9) }
}
