internal import Statistics

/// A per-prompt number that is followed from release to release, by the name that files and policies use.
///
/// `rouge1` to `rougeLsum` (gate reference), the same after `ties.` or `targets.` (the other gates), `correct` (1 for a
/// graded answer that is right, else 0) and `kl` (mean KL divergence from the reference in nats).
package struct TrackedMetric: Hashable, Sendable, Comparable {
  package let name: String

  package init(_ name: String) { self.name = name.excerpt(60) }

  package static let correct = TrackedMetric("correct")
  package static let divergence = TrackedMetric("kl")

  init(_ gate: Gate, _ metric: String) {
    let prefix =
      switch gate {
      case .reference: ""
      case .referenceTies: "ties."
      case .targets: "targets."
      }
    self.init(prefix + metric)
  }

  package var isHigherBetter: Bool { self != .divergence }
  /// Scores are shown in percent and their changes in points; a divergence is shown in nats.
  package var isScore: Bool { isHigherBetter }
  package var unit: String { isScore ? "points" : "nats" }

  /// The change that is taken for none when a policy does not say: half a point, or 0.005 nats.
  package var defaultTolerance: Double { 0.005 }

  /// `47.31 %` or `0.0290`.
  package func text(_ value: Double) -> String { isScore ? (value * 100).printed(2) + " %" : value.printed(4) }

  /// `-1.25` points, or `+0.0031` nats.
  package func changeText(_ change: Double) -> String {
    let text = isScore ? (change * 100).printed(2) : change.printed(4)
    return change > 0 && !text.hasPrefix("+") ? "+" + text : text
  }

  /// `-1.25 [-2.00, -0.50]`.
  func text(_ change: Estimate) -> String {
    let interval = change.interval.map { " [\(changeText($0.low)), \(changeText($0.high))]" } ?? ""
    return changeText(change.value) + interval
  }

  package static func < (left: TrackedMetric, right: TrackedMetric) -> Bool { left.name < right.name }
}
