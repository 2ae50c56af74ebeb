package import Statistics

/// One metric of one submission, now and in a baseline, on the prompts that both have.
package struct MetricChange: Hashable, Sendable {
  package let metric: TrackedMetric
  /// The category of prompts it is about; `nil` for all.
  package let category: String?
  package let baseline: Double
  package let release: Double
  /// Release minus baseline, with the interval that holds for all changes judged together (Bonferroni).
  package let change: Estimate
  package let tolerance: Double
  /// Two-sided p of no change: McNemar's exact test for right and wrong answers, else sign flips.
  package let p: Double
  /// ``p`` corrected for all changes judged together (Holm).
  package let adjustedP: Double
  /// The answers that changed sides, of ``TrackedMetric/correct``.
  package let flips: McNemar?
  package let outcome: RegressionOutcome

  /// The largest chance of any false alarm, over all changes judged together.
  package static let alpha = 0.05

  /// A change before it is corrected for others.
  struct Candidate {
    let metric: TrackedMetric
    let category: String?
    let sample: PairedSample
    let clusters: [String]?
    let tolerance: Double
    let flips: McNemar?
    let p: Double

    /// - Returns: `nil` when no prompt has the metric in both releases.
    init?(
      _ metric: TrackedMetric, category: String?, pairs: [(baseline: Release.Score, release: Release.Score)],
      tolerance: Double
    ) {
      let usable = pairs.filter {
        $0.baseline.values[metric] != nil && $0.release.values[metric] != nil
          && (category == nil || $0.release.category == category)
      }
      let values = { (score: Release.Score) in score.values[metric] ?? 0 }
      guard
        let sample = PairedSample(
          reference: usable.map { values($0.baseline) }, submission: usable.map { values($0.release) })
      else { return nil }
      self.metric = metric
      self.category = category
      self.sample = sample
      self.tolerance = tolerance
      clusters =
        category == nil && Set(usable.map(\.release.category)).count > 1
        ? usable.map { $0.release.category.map { "category " + $0 } ?? "prompt " + $0.release.id } : nil
      let differences = sample.differences
      flips =
        metric == .correct
        ? McNemar(lost: differences.count { $0 < 0 }, gained: differences.count { $0 > 0 }) : nil
      p = flips?.exactP ?? SignFlipTest(differences)?.p ?? 1
    }

    /// d̄ ± t·SE; the wider of the plain interval and the one that allows for correlation within categories.
    func estimate(level: Double) -> Estimate {
      let plain = sample.meanDifference(level: level)
      guard let clusters, let interval = plain.interval else { return plain }
      let clustered = sample.meanDifference(clusters: clusters, level: level)
      guard let wide = clustered.interval, wide.high - wide.low > interval.high - interval.low else { return plain }
      return clustered
    }
  }

  /// The changes of a family, corrected for each other.
  static func judged(_ candidates: [Candidate]) -> [MetricChange] {
    let adjusted = MultipleTests.holm(candidates.map(\.p))
    let level = 1 - alpha / Double(max(1, candidates.count))
    return zip(candidates, adjusted).map { candidate, p in
      MetricChange(candidate, change: candidate.estimate(level: level), adjustedP: p)
    }
  }

  private init(_ candidate: Candidate, change: Estimate, adjustedP: Double) {
    metric = candidate.metric
    category = candidate.category
    baseline = candidate.sample.reference.mean ?? 0
    release = candidate.sample.submission.mean ?? 0
    self.change = change
    tolerance = candidate.tolerance
    p = candidate.p
    self.adjustedP = adjustedP
    flips = candidate.flips
    let better = candidate.metric.isHigherBetter ? change : change.negated
    outcome = RegressionOutcome(better, tolerance: tolerance, isConfirmed: adjustedP <= Self.alpha)
  }

  /// `rougeL`, or `rougeL of code`.
  package var title: String { metric.name + (category.map { " of \($0.excerpt(40))" } ?? "") }
}

extension Estimate {
  fileprivate var negated: Estimate {
    Estimate(
      value: -value,
      interval: interval.map { ConfidenceInterval(low: -$0.high, high: -$0.low, level: $0.level) }, count: count)
  }
}
