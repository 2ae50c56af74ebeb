internal import Metrics
internal import Statistics

/// The verdict of one gate on one submission.
package struct GateResult: Hashable, Sendable {
  package let gate: Gate
  package let metrics: [MetricResult]
  /// The prompts the gate could use.
  package let promptCount: Int
  /// The worst category of the gating metrics: all must pass, nothing is averaged. `nil` when none of them is defined.
  package let category: Category?
  package let confidence: Confidence

  package init(gate: Gate, metrics: [MetricResult], promptCount: Int) {
    self.gate = gate
    self.metrics = metrics
    self.promptCount = promptCount
    let category = metrics.filter(\.isGating).compactMap(\.category).min()
    self.category = category
    confidence = Confidence(category) { Self.conclusion(of: metrics, on: $0) }
  }

  /// What the intervals of all gating metrics together say about `category`.
  package func conclusion(on category: Category) -> Conclusion {
    Self.conclusion(of: metrics, on: category)
  }

  /// The gating metric that keeps the smallest share, which decides the verdict.
  package var weakestMetric: MetricResult? {
    metrics.filter { $0.isGating && $0.ratio != nil }.min { $0.ratio!.value < $1.ratio!.value }
  }

  private static func conclusion(of metrics: [MetricResult], on category: Category) -> Conclusion {
    Conclusion(all: metrics.filter { $0.isGating && $0.category != nil }.map { $0.conclusion(on: category) })
  }
}
