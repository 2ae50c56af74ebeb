/// How many items a test needs. Numbers are not rounded; take the next whole number.
package enum SampleSize {
  /// To detect a mean paired difference: ((z₁₋α⸝₂ + z_power)·σ_d / δ)², two-sided.
  package static func paired(deviation: Double, difference: Double, alpha: Double = 0.05, power: Double = 0.8) -> Double
  {
    square((quantile(1 - alpha / 2) + quantile(power)) * deviation / difference)
  }

  /// To show non-inferiority: ((z₁₋α + z_power)·σ / (distance of the true value from the margin))², one-sided.
  package static func nonInferiority(
    deviation: Double, distance: Double, alpha: Double = 0.05, power: Double = 0.8
  ) -> Double {
    square((quantile(1 - alpha) + quantile(power)) * deviation / distance)
  }

  /// Questions for two models with repeated samples a question (Miller 2024, equation 9).
  ///
  /// - Parameters:
  ///   - betweenVariance: ω², the variance over questions of the difference of the models' mean scores.
  ///   - withinVariances: σ²/K of each model: the variance of a question's scores over its samples, by their number.
  package static func questions(
    betweenVariance: Double, withinVariances: (Double, Double), difference: Double, alpha: Double = 0.05,
    power: Double = 0.8
  ) -> Double {
    let z = quantile(1 - alpha / 2) + quantile(power)
    return z * z * (betweenVariance + withinVariances.0 + withinVariances.1) / (difference * difference)
  }

  /// The smallest difference that `count` items detect: (z₁₋α⸝₂ + z_power)·σ / √n.
  package static func detectableDifference(
    deviation: Double, count: Double, alpha: Double = 0.05, power: Double = 0.8
  ) -> Double {
    (quantile(1 - alpha / 2) + quantile(power)) * deviation / count.squareRoot()
  }

  private static func quantile(_ p: Double) -> Double { NormalDistribution.quantile(p) }
  private static func square(_ x: Double) -> Double { x * x }
}
