internal import Foundation

/// The share R = q̄ / r̄ of the reference's mean that a submission keeps: estimate, interval and tests of limits.
///
/// Scores of quantized models are skewed: most prompts lose nothing and a few lose nearly all, so that a sample of forty may
/// not hold a single loss, and t and Fieller intervals then cover far less than they say (`Benchmarks/Statistics` has the
/// table). Here the items have random weights, as in the Bayesian bootstrap (Rubin 1981): with e = q - R·r and independent
/// G ~ Gamma(1), P(Σ G·e ≤ 0) says how likely the share is at most R. To what was seen come pseudo-observations of what
/// was not: an item that is lost wholly, and an item that keeps all.
///
/// - The interval gives both weight 1/2, which for all-or-nothing scores is Jeffreys' interval (Brown, Cai and DasGupta
///   2001), and in general the balanced augmented empirical likelihood of Emerson and Owen 2009.
/// - Tests give only the unfavourable one weight 1, which for all-or-nothing scores is the exact binomial test (n items
///   without a loss: p = τⁿ, the rule of three), and in general the bound of Gaffke 2005 (Learned-Miller and Thomas 2019).
///
/// The probability comes from the saddlepoint (Barndorff-Nielsen's r*), so nothing is drawn and nothing depends on a seed.
package struct RetainedShare: Hashable, Sendable {
  /// R̂ = q̄ / r̄
  package let value: Double
  /// By what the correlation within clusters inflates the variance, the t factor of few clusters included; 1 without clusters.
  package let designEffect: Double
  private let sample: PairedSample
  private let referenceMean: Double
  /// The score of an item that keeps all, next to `referenceMean`.
  private let bestScore: Double
  private let isLossless: Bool

  /// - Parameters:
  ///   - clusters: the cluster of each item, when items of one cluster are correlated.
  ///   - isBounded: true when no item of the submission can score above the reference.
  /// - Returns: `nil` for a reference without a positive mean, fewer than two items or two clusters, or negative scores.
  package init?(_ sample: PairedSample, clusters: [String]? = nil, isBounded: Bool = false) {
    guard sample.count > 1, let r = sample.reference.mean, let q = sample.submission.mean, r > 0,
      sample.reference.allSatisfy({ $0 >= 0 }), sample.submission.allSatisfy({ $0 >= 0 })
    else { return nil }
    self.sample = sample
    value = q / r
    referenceMean = r
    bestScore = isBounded ? max(r, q) : 2 * max(r, q)
    isLossless = isBounded && q >= r
    guard let clusters else {
      designEffect = 1
      return
    }
    guard let effect = Self.designEffect(sample, share: q / r, clusters: clusters) else { return nil }
    designEffect = effect
  }

  /// (clustered SE / plain SE)² of e at R̂ times (t / z)² for the number of clusters, and at least 1: correlation between
  /// items can be seen, its absence in few clusters cannot.
  private static func designEffect(_ sample: PairedSample, share: Double, clusters: [String]) -> Double? {
    let excess = zip(sample.submission, sample.reference).map { $0 - share * $1 }
    guard let clustered = clusteredStandardError(of: excess, clusters: clusters), let plain = excess.standardErrorOfMean
    else { return nil }
    guard plain > 0 else { return 1 }
    let t = StudentT(degreesOfFreedom: Double(Set(clusters).count - 1)).quantile(0.975)
    let z = NormalDistribution.quantile(0.975)
    return max(1, (clustered / plain) * (clustered / plain) * (t / z) * (t / z))
  }

  package func estimate(level: Double = 0.95) -> Estimate {
    Estimate(value: value, interval: interval(level: level), count: sample.count)
  }

  /// P(share ≤ limit) from the pessimistic side: the one-sided p of "the share reaches the limit".
  package func pReaches(_ limit: Double) -> Double {
    let weights = weights(of: limit, worst: 1, best: 0)
    return weights.isNonNegative ? 0 : NormalDistribution.cumulative(weights.signedRoot)
  }

  /// P(share ≥ limit) from the optimistic side: the one-sided p of "the share misses the limit".
  package func pMisses(_ limit: Double) -> Double {
    let weights = weights(of: limit, worst: 0, best: 1)
    return weights.isNonNegative ? 1 : NormalDistribution.cumulative(-weights.signedRoot)
  }

  /// How many items, of the kind seen, are needed for a test at `alpha` with a power of `power`, in all.
  ///
  /// - Returns: `nil` when the point estimate is not on the claimed side of the limit, or more than 10⁹ are needed.
  package func itemsNeeded(reaching limit: Double, alpha: Double, power: Double = 0.8) -> Int? {
    itemsNeeded(alpha: alpha, power: power) { weights(of: limit, worst: 1, best: 0, copies: $0).signedRoot }
  }

  /// The same for showing that the limit is missed.
  package func itemsNeeded(missing limit: Double, alpha: Double, power: Double = 0.8) -> Int? {
    itemsNeeded(alpha: alpha, power: power) { -weights(of: limit, worst: 0, best: 1, copies: $0).signedRoot }
  }

  private func itemsNeeded(alpha: Double, power: Double, root: (Double) -> Double) -> Int? {
    let target = NormalDistribution.quantile(alpha) - NormalDistribution.quantile(power)
    let count = Double(sample.count)
    var (low, high) = (log(2 / count), log(1e9 / count))
    guard root(exp(high)) <= target else { return nil }
    guard root(exp(low)) > target else { return 2 }
    // To a thousandth: the number is a forecast.
    while high - low > 1e-3 {
      let middle = (low + high) / 2
      if root(exp(middle)) > target { low = middle } else { high = middle }
    }
    return Int((exp(high) * count).rounded(.up))
  }

  /// The shares R with P between (1 - level) / 2 and (1 + level) / 2; the upper end is 1 when nothing at all was lost.
  package func interval(level: Double = 0.95) -> ConfidenceInterval? {
    let z = NormalDistribution.quantile((1 + level) / 2)
    let root = { (share: Double) in weights(of: share, worst: 0.5, best: 0.5).signedRoot }
    // q̄ = 0 leaves the lower end at 0.
    let low = value > 0 ? crossing(of: -z, from: 0, to: value, root) : 0
    if isLossless { return ConfidenceInterval(low: low, high: 1, level: level) }
    var end = bestScore / referenceMean
    while root(end) < z {
      end *= 2
      if end > 1e6 { return nil }
    }
    return ConfidenceInterval(low: low, high: crossing(of: z, from: value, to: end, root), level: level)
  }

  /// The share where the increasing function `root` is `target`; the secant method, kept between the ends (Illinois).
  private func crossing(of target: Double, from low: Double, to high: Double, _ root: (Double) -> Double) -> Double {
    var (low, high) = (low, high)
    var (below, above) = (root(low) - target, root(high) - target)
    if below >= 0 { return low }
    if above <= 0 { return high }
    var side = 0
    for _ in 0..<200 where high - low > 1e-12 * high {
      // Far ends are clipped, or the secant would creep along their infinities.
      let (a, b) = (max(below, -40), min(above, 40))
      var middle = (low * b - high * a) / (b - a)
      if !(middle > low && middle < high) { middle = low + (high - low) / 2 }
      let distance = root(middle) - target
      if abs(distance) < 1e-11 { return middle }
      if distance < 0 {
        (low, below) = (middle, distance)
        if side == -1 { above = min(above, 40) / 2 }
        side = -1
      } else {
        (high, above) = (middle, distance)
        if side == 1 { below = max(below, -40) / 2 }
        side = 1
      }
    }
    return low + (high - low) / 2
  }

  private func weights(of share: Double, worst: Double, best: Double, copies: Double = 1) -> GammaWeightedSum {
    let values = zip(sample.submission, sample.reference).map { $0 - share * $1 }
    return GammaWeightedSum(
      values: values, shape: copies / designEffect,
      pseudo: [(-share * referenceMean, worst), (bestScore - share * referenceMean, best)].filter { $0.1 > 0 })
  }
}
