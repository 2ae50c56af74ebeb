internal import Foundation

/// S = Σ Gᵢ·eᵢ with independent weights Gᵢ ~ Gamma(shape), and where 0 lies in its distribution.
///
/// The cumulant generating function K(s) = -Σ aᵢ·ln(1 - s·eᵢ) is known exactly, so P(S ≤ 0) follows from the saddlepoint ŝ
/// with K′(ŝ) = 0 (which is also empirical likelihood's equation): P(S ≤ 0) ≈ Φ(r*), r* = w + ln(u/w)/w,
/// w = sign(ŝ)·√(-2K(ŝ)), u = ŝ·√K″(ŝ). Relative error of the smaller tail below 2 % even for two weights.
/// Source: Barndorff-Nielsen 1991; Butler 2007, "Saddlepoint approximations with applications", 2.1.
struct GammaWeightedSum {
  /// Values that all have the weight `shape`.
  let values: [Double]
  let shape: Double
  /// Further values, each with its own shape.
  let pseudo: [(value: Double, shape: Double)]

  private var minimum: Double { min(values.min() ?? .infinity, pseudo.map(\.value).min() ?? .infinity) }
  private var maximum: Double { max(values.max() ?? -.infinity, pseudo.map(\.value).max() ?? -.infinity) }

  /// True when S cannot be below 0.
  var isNonNegative: Bool { minimum >= 0 }

  /// r*, so that P(S ≤ 0) ≈ Φ(r*); ∓∞ when S cannot be negative or cannot be positive. All zero counts as not positive.
  var signedRoot: Double {
    let (minimum, maximum) = (minimum, maximum)
    if maximum <= 0 { return .infinity }
    if minimum >= 0 { return -.infinity }
    let s = saddlepoint(between: 1 / minimum, and: 1 / maximum)
    let cumulants = cumulants(at: s)
    let w = (2 * max(-cumulants.value, 0)).squareRoot() * (s < 0 ? -1 : 1)
    let u = s * cumulants.second.squareRoot()
    // Where the saddlepoint is at the mean, w and u vanish together; the limit is a sixth of the skewness.
    if abs(w) < 1e-4 { return w + cumulants.third / (6 * pow(cumulants.second, 1.5)) }
    return w + log(u / w) / w
  }

  /// K, K″ and K‴ at `s`.
  private func cumulants(at s: Double) -> (value: Double, second: Double, third: Double) {
    var (value, second, third) = (0.0, 0.0, 0.0)
    for e in values {
      let d = 1 - s * e
      let ratio = e / d
      value -= log(d)
      second += ratio * ratio
      third += 2 * ratio * ratio * ratio
    }
    (value, second, third) = (value * shape, second * shape, third * shape)
    for (e, a) in pseudo {
      let d = 1 - s * e
      let ratio = e / d
      value -= a * log(d)
      second += a * ratio * ratio
      third += 2 * a * ratio * ratio * ratio
    }
    return (value, second, third)
  }

  /// K′ and K″ at `s`.
  private func slopes(at s: Double) -> (first: Double, second: Double) {
    var (first, second) = (0.0, 0.0)
    for e in values {
      let ratio = e / (1 - s * e)
      first += ratio
      second += ratio * ratio
    }
    (first, second) = (first * shape, second * shape)
    for (e, a) in pseudo {
      let ratio = e / (1 - s * e)
      first += a * ratio
      second += a * ratio * ratio
    }
    return (first, second)
  }

  /// The zero of the increasing function K′ between its poles: Newton's method, halving where it would leave.
  private func saddlepoint(between lowPole: Double, and highPole: Double) -> Double {
    var (low, high) = (lowPole, highPole)
    var s = 0.0
    for _ in 0..<200 {
      let slope = slopes(at: s)
      if slope.first < 0 { low = s } else { high = s }
      var next = s - slope.first / slope.second
      if !(next > low && next < high) { next = low + (high - low) / 2 }
      if abs(next - s) <= 1e-13 * max(abs(next), high - low) { return next }
      s = next
    }
    return s
  }
}
