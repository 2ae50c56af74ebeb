internal import Foundation

/// The asymptotic confidence sequence of a mean: intervals that hold for all sample sizes at once, so that one may look at
/// every n and stop when one likes.
///
/// x̄ ± σ̂·√(2(nρ² + 1)/(n²ρ²)·ln(√(nρ² + 1)/α)). Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2021, "Time-uniform
/// central limit theory and asymptotic confidence sequences". Where validity at small n matters, use ``BettingTest``.
package struct ConfidenceSequence: Hashable, Sendable {
  package let alpha: Double
  /// ρ², which decides where the sequence is tightest.
  package let rhoSquared: Double

  /// - Parameter tightestAt: the sample size at which the interval shall be narrowest, about.
  package init(alpha: Double = 0.05, tightestAt count: Int) {
    precondition(alpha > 0 && alpha < 1 && count > 0, "a confidence sequence needs 0 < alpha < 1 and a positive size")
    self.alpha = alpha
    let twice = -2 * log(alpha)
    rhoSquared = (twice + log(twice + 1)) / Double(count)
  }

  /// The half width at n items in units of the standard deviation.
  package func radius(count: Int) -> Double {
    let n = Double(count)
    let x = n * rhoSquared + 1
    return (2 * x / (n * n * rhoSquared) * log(x.squareRoot() / alpha)).squareRoot()
  }

  /// The interval after `values`; `nil` for fewer than two.
  package func interval(of values: [Double]) -> ConfidenceInterval? {
    guard let mean = values.mean, let deviation = values.standardDeviation else { return nil }
    let reach = deviation * radius(count: values.count)
    return ConfidenceInterval(low: mean - reach, high: mean + reach, level: 1 - alpha)
  }
}
