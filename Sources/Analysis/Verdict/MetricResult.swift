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

  /// The same scores by other methods.
  package let statistics: PairedStatistics?
  private let inference: Inference

  /// Where p values and the interval come from.
  private enum Inference: Hashable, Sendable {
    /// All prompts that were planned.
    case fixed(RetainedShare?)
    /// As many as settled the verdict, so that only tests count that hold at every number of prompts.
    case sequential(PairedSample, isBounded: Bool)
  }

  /// - Parameters:
  ///   - clusters: the cluster of each item, when they are not independent.
  ///   - isBounded: true when the submission cannot do better than the reference.
  ///   - isSequential: true when the number of prompts was not fixed beforehand but depended on their scores.
  package init(
    metric: ROUGEVariant, signature: Signature, isGating: Bool, sample: PairedSample, clusters: [String]?,
    isBounded: Bool = false, isSequential: Bool = false, statistics: PairedStatistics? = nil
  ) {
    self.metric = metric
    self.signature = signature
    self.isGating = isGating
    self.statistics = statistics
    reference = Self.asPrinted(sample.reference)
    score = Self.asPrinted(sample.submission)
    category = reference > 0 ? Category(score: score, reference: reference) : nil
    guard let share = sample.ratioOfMeans()?.value else {
      (ratio, inference) = (nil, .fixed(nil))
      return
    }
    let interval: ConfidenceInterval?
    if isSequential {
      inference = .sequential(sample, isBounded: isBounded)
      interval = sample.sequentialInterval(isBounded: isBounded)
    } else {
      let retained = RetainedShare(sample, clusters: clusters, isBounded: isBounded)
      inference = .fixed(retained)
      interval = retained?.interval()
    }
    ratio = Estimate(value: share, interval: interval, count: sample.count)
  }

  /// The one-sided p of this metric's own ``category``; `nil` when there is none.
  package var p: Double? {
    switch category.map({ Claim($0) }) {
    case nil: nil
    case .reaches(let category): pReaches(category)
    case .misses(let category): pMisses(category)
    }
  }

  /// Whether the sample supports ``category``, this metric taken alone.
  package var confidence: Confidence { Confidence(p: p) }

  /// The one-sided p of "the share of all such prompts reaches `category`": small when it certainly does.
  package func pReaches(_ category: Category) -> Double {
    guard let limit = category.share else { return 0 }
    return switch inference {
    case .fixed(let share): share?.pReaches(limit) ?? 1
    case .sequential(let sample, let isBounded): sample.sequentialShare(limit: limit, isBounded: isBounded).pReaches
    }
  }

  /// The one-sided p of "the share of all such prompts misses `category`".
  package func pMisses(_ category: Category) -> Double {
    guard let limit = category.share else { return 1 }
    return switch inference {
    case .fixed(let share): share?.pMisses(limit) ?? 1
    case .sequential(let sample, let isBounded): sample.sequentialShare(limit: limit, isBounded: isBounded).pMisses
    }
  }

  /// How many prompts in all would show that `category` is reached; `nil` when that is not to be expected.
  package func promptsNeeded(reaching category: Category, alpha: Double) -> Int? {
    guard let limit = category.share, case .fixed(let share?) = inference else { return nil }
    return share.itemsNeeded(reaching: limit, alpha: alpha)
  }

  /// How many prompts in all would show that `category` is missed; `nil` when that is not to be expected.
  package func promptsNeeded(missing category: Category, alpha: Double) -> Int? {
    guard let limit = category.share, case .fixed(let share?) = inference else { return nil }
    return share.itemsNeeded(missing: limit, alpha: alpha)
  }

  /// Mean · 100, rounded to four decimals (mlcommons/inference, `language/llama2-70b/evaluate-accuracy.py`).
  private static func asPrinted(_ scores: [Double]) -> Double {
    ((scores.mean ?? 0) * 100).rounded(decimals: 4)
  }
}
