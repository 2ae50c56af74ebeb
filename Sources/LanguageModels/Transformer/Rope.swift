import Glibc

/// Rotary position embedding of a model: how fast each pair of a head turns.
package struct Rope: Sendable, Hashable {
  /// Angle per position of each pair that turns; the other features of a head stay.
  package var frequencies: [Float]
  /// Factor on cosine and sine (YaRN, LongRoPE); 1 without.
  package var amplitude: Float = 1

  /// `base^(-2j / width)` for the pairs j of `width` features.
  package init(width: Int, base: Float) {
    frequencies = (0..<width / 2).map { j in 1 / pow(base, Float(2 * j) / Float(width)) }
  }

  /// Positions divided by `factor`.
  mutating func scaleLinearly(by factor: Float) { frequencies = frequencies.map { $0 / factor } }

  /// Each pair slowed by a factor of its own.
  mutating func divide(by divisors: [Float]) {
    precondition(divisors.count == frequencies.count, "one divisor a pair")
    frequencies = zip(frequencies, divisors).map { $0 / $1 }
  }

  /// Slow pairs slowed further, fast ones kept (Llama 3.1; transformers `_compute_llama3_parameters`).
  mutating func scaleAsLlama3(factor: Float, lowFactor: Float, highFactor: Float, originalContext: Float) {
    let (longest, shortest) = (originalContext / lowFactor, originalContext / highFactor)
    frequencies = frequencies.map { frequency in
      let wavelength = 2 * Float.pi / frequency
      if wavelength < shortest { return frequency }
      if wavelength > longest { return frequency / factor }
      let smooth = (originalContext / wavelength - lowFactor) / (highFactor - lowFactor)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  /// YaRN (Peng et al. 2023; transformers `_compute_yarn_parameters`).
  struct YaRN {
    var factor: Float
    var originalContext: Float
    var fastRotations: Float = 32
    var slowRotations: Float = 1
    /// Whether the ends of the ramp are rounded to whole pairs.
    var truncates = true
    /// `nil`: 0.1 ln(factor) + 1.
    var amplitude: Float?
  }

  mutating func scale(_ yarn: YaRN, base: Float) {
    let width = Float(2 * frequencies.count)
    /// The pair that turns so many times over the original context.
    func pair(rotations: Float) -> Float {
      width * log(yarn.originalContext / (rotations * 2 * .pi)) / (2 * log(base))
    }
    var (low, high) = (pair(rotations: yarn.fastRotations), pair(rotations: yarn.slowRotations))
    if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, width - 1))
    if low == high { high += 0.001 }
    frequencies = frequencies.enumerated().map { j, frequency in
      let ramp = min(1, max(0, (Float(j) - low) / (high - low)))
      return frequency / yarn.factor * ramp + frequency * (1 - ramp)
    }
    amplitude = yarn.amplitude ?? Self.yarnAmplitude(yarn.factor)
  }

  static func yarnAmplitude(_ factor: Float, scale: Float = 1) -> Float {
    factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
  }
}
