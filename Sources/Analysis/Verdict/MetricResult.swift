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

  /// - Parameter clusters: the cluster of each item, when they are not independent.
  package init(
    metric: ROUGEVariant, signature: Signature, isGating: Bool, sample: PairedSample, clusters: [String]?
  ) {
    self.metric = metric
    self.signature = signature
    self.isGating = isGating
    reference = Self.asPrinted(sample.reference)
    score = Self.asPrinted(sample.submission)
    ratio = clusters.map { sample.ratioOfMeans(clusters: $0) } ?? sample.ratioOfMeans()
    category = reference > 0 ? Category(score: score, reference: reference) : nil
  }

  package func conclusion(on category: Category) -> Conclusion {
    category.share.map { Conclusion(ratio?.interval, share: $0) } ?? .met
  }

  /// Mean · 100, rounded to four decimals (mlcommons/inference, `language/llama2-70b/evaluate-accuracy.py`).
  private static func asPrinted(_ scores: [Double]) -> Double {
    ((scores.mean ?? 0) * 100).rounded(decimals: 4)
  }
}
