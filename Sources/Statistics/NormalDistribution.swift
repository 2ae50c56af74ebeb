internal import Foundation

/// The standard normal distribution.
package enum NormalDistribution {
  /// Φ(z) = erfc(-z/√2) / 2.
  package static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// Φ⁻¹(p); ∓∞ at 0 and 1, NaN outside.
  ///
  /// Acklam's rational approximation (relative error 1.2e-9) and two Newton steps, which bring it to full precision.
  package static func quantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    // Work in the lower half, where Φ does not cancel.
    if p > 0.5 { return -quantile(1 - p) }
    var z = approximateQuantile(p)
    for _ in 0..<2 {
      let density = exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
      if density > 0 { z -= (cumulative(z) - p) / density }
    }
    return z
  }

  /// P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003), for p ≤ 1/2.
  private static func approximateQuantile(_ p: Double) -> Double {
    if p < 0.02425 {
      let q = (-2 * log(p)).squareRoot()
      return polynomial(
        [
          -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734, 4.374664141464968,
          2.938163982698783,
        ], q)
        / polynomial(
          [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416, 1], q)
    }
    let q = p - 0.5
    let r = q * q
    return q
      * polynomial(
        [
          -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
          -3.066479806614716e+01, 2.506628277459239,
        ], r)
      / polynomial(
        [
          -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
          -1.328068155288572e+01, 1,
        ], r)
  }

  /// Horner's rule, highest coefficient first.
  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }
}
