package import Metrics
package import Statistics

/// One metric of a submission beside the reference's, over all prompts of a gate.
package struct MetricResult: Hashable, Sendable {
  package let metric: ROUGEVariant
  /// Every parameter that can change the score.
  package let signature: Signature
  /// True when the verdict depends on this metric.
  package let isGating: Bool
  /// The reference's mean in percent, rounded to four decimals as MLPerf prints it.
  package let reference: Double
  /// The submission's mean, likewise.
  package let score: Double
  /// Submission by reference, from the unrounded means; `nil` when the reference scores 0.
  package let ratio: Estimate?
  /// By the point rule; `nil` when the reference scores 0, which says nothing about the submission.
  package let category: Category?

  /// - Parameters:
  ///   - clusters: the cluster of each item, when they are not independent.
  ///   - isBounded: true when the submission cannot do better than the reference; the interval then stays within 0
  ///     and 1.
  package init(
    metric: ROUGEVariant, signature: Signature, isGating: Bool, sample: PairedSample, clusters: [String]?,
    isBounded: Bool = false
  ) {
    self.metric = metric
    self.signature = signature
    self.isGating = isGating
    reference = Self.asPrinted(sample.reference)
    score = Self.asPrinted(sample.submission)
    let ratio = sample.equalRatio ?? clusters.map { sample.ratioOfMeans(clusters: $0) } ?? sample.ratioOfMeans()
    self.ratio = isBounded ? ratio?.clamped(to: 0...1) : ratio
    category = reference > 0 ? Category(score: score, reference: reference) : nil
  }

  /// Whether the interval supports ``category``.
  package var confidence: Confidence { Confidence(category) { conclusion(on: $0) } }

  /// What the interval says about `category`.
  package func conclusion(on category: Category) -> Conclusion {
    category.share.map { Conclusion(ratio?.interval, share: $0) } ?? .met
  }

  /// Mean · 100, rounded to four decimals (mlcommons/inference, `language/llama2-70b/evaluate-accuracy.py`).
  private static func asPrinted(_ scores: [Double]) -> Double {
    ((scores.mean ?? 0) * 100).rounded(decimals: 4)
  }
}

extension PairedSample {
  /// The ratio 1 without uncertainty when every pair is equal, else `nil`.
  ///
  /// Fieller's interval does not see this where the reference scores 0 on so many items that its mean could be 0.
  fileprivate var equalRatio: Estimate? {
    guard reference == submission, reference.contains(where: { $0 > 0 }), count > 1 else { return nil }
    return Estimate(value: 1, interval: ConfidenceInterval(low: 1, high: 1, level: 0.95), count: count)
  }
}

extension Estimate {
  /// The same value with the part of its interval that is possible.
  fileprivate func clamped(to range: ClosedRange<Double>) -> Estimate {
    let possible = interval.map { interval in
      ConfidenceInterval(
        low: min(max(interval.low, range.lowerBound), range.upperBound),
        high: min(max(interval.high, range.lowerBound), range.upperBound), level: interval.level)
    }
    return Estimate(value: value, interval: possible, count: count)
  }
}
