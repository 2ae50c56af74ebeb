package import Metrics

/// What rounding noise alone does to the reference: the yardstick for every difference between distributions.
package struct NoiseFloor: Hashable, Sendable {
  /// Whose unit in the last place the noise has, such as `fp16`.
  package let format: String
  package let seed: UInt64
  /// The disturbed reference against the reference, on the same answers.
  package let tally: DistributionTally
  package let summary: DistributionSummary
  /// The largest change that the noise made to the distance of the reference's two best logits, over all steps. A choice
  /// decided by no more than this is a near-tie. 0 where nobody asks.
  package let marginChange: Double

  /// `nil` when no token counts.
  package init?(format: String, seed: UInt64, tally: DistributionTally, marginChange: Double = 0) {
    guard let summary = DistributionSummary(tally) else { return nil }
    self.format = format
    self.seed = seed
    self.tally = tally
    self.summary = summary
    self.marginChange = marginChange
  }

  /// How many times the floor a mean KL divergence is; `nil` when the floor is 0.
  package func multiple(of divergence: Double) -> Double? {
    let floor = summary.meanDivergence.value
    return floor > 0 ? divergence / floor : nil
  }
}

/// All that was found by looking at logits, beside a report's comparisons.
package struct LogitEvidence: Hashable, Sendable {
  package let floor: NoiseFloor
  /// One per comparison.
  package let traces: [LogitTrace]

  package init(floor: NoiseFloor, traces: [LogitTrace]) {
    self.floor = floor
    self.traces = traces
  }
}
