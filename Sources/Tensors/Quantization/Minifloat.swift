/// A small binary floating-point format: sign, exponent, fraction; no infinities where a quantizer saturates.
///
/// Sources: OCP 8-bit Floating Point Specification (E4M3, E5M2), OCP Microscaling Formats 1.0 (E3M2, E2M3, E2M1);
/// codes and roundings checked against ml_dtypes and PyTorch.
package struct Minifloat: Hashable, Sendable {
  package let name: String
  package let exponentBits: Int
  package let fractionBits: Int
  package let bias: Int
  /// The largest finite value.
  package let maximum: Float

  /// FP8 "FN": no infinity, not-a-number only where all bits are set.
  package static let e4m3 = Minifloat(name: "E4M3", exponentBits: 4, fractionBits: 3, bias: 7, maximum: 448)
  /// FP8 as IEEE 754 would have it, with infinities.
  package static let e5m2 = Minifloat(name: "E5M2", exponentBits: 5, fractionBits: 2, bias: 15, maximum: 57344)
  package static let e3m2 = Minifloat(name: "E3M2", exponentBits: 3, fractionBits: 2, bias: 3, maximum: 28)
  package static let e2m3 = Minifloat(name: "E2M3", exponentBits: 2, fractionBits: 3, bias: 1, maximum: 7.5)
  package static let e2m1 = Minifloat(name: "E2M1", exponentBits: 2, fractionBits: 1, bias: 1, maximum: 6)

  package static let all = [e4m3, e5m2, e3m2, e2m3, e2m1]

  package var bits: Int { 1 + exponentBits + fractionBits }

  /// The exponent of the largest binade, `emax` of the Microscaling specification.
  package var largestExponent: Int { maximum.exponent }

  /// The exponent of the smallest normal value; subnormals have its spacing.
  package var smallestExponent: Int { 1 - bias }

  /// The nearest value of the format, ties to even, beyond the largest saturating to it; NaN stays NaN.
  package func round(_ x: Float) -> Float {
    let magnitude = x.magnitude
    guard magnitude < maximum else { return x.isNaN ? x : x.sign == .minus ? -maximum : maximum }
    // Adding and subtracting 1.5 · 2^23 spacings rounds to a multiple of the spacing.
    let exponent = Swift.max(magnitude.isNormal ? magnitude.exponent : smallestExponent, smallestExponent)
    let shift = Float(sign: .plus, exponent: exponent - fractionBits + 23, significand: 1.5)
    let rounded = Swift.min((magnitude + shift) - shift, maximum)
    return x.sign == .minus ? -rounded : rounded
  }

  /// The code of a value of the format: sign, exponent, fraction from the top.
  package func code(of value: Float) -> UInt8 {
    precondition(round(value) == value, "a value of the format")
    let sign: UInt8 = value.sign == .minus ? 1 << UInt8(bits - 1) : 0
    let magnitude = value.magnitude
    let scale = Float(sign: .plus, exponent: fractionBits - smallestExponent, significand: 1)
    if magnitude * scale < Float(1 << fractionBits) { return sign | UInt8(magnitude * scale) }
    let exponent = magnitude.exponent
    let fraction = UInt8(magnitude.significandBitPattern >> UInt32(23 - fractionBits))
    return sign | UInt8(exponent - smallestExponent + 1) << UInt8(fractionBits) | fraction
  }

  /// The value of a code; infinities and not-a-number where the format has them.
  package func value(of code: UInt8) -> Float {
    let exponent = Int(code >> UInt8(fractionBits)) & (1 << exponentBits - 1)
    let fraction = Float(Int(code) & (1 << fractionBits - 1)) / Float(1 << fractionBits)
    let isNegative = code >> UInt8(bits - 1) & 1 == 1
    let magnitude: Float
    if exponent == 0 {
      magnitude = fraction * Float(sign: .plus, exponent: smallestExponent, significand: 1)
    } else {
      let value = Float(sign: .plus, exponent: exponent - bias, significand: 1 + fraction)
      magnitude = value <= maximum ? value : bits == 8 && exponentBits == 5 && fraction == 0 ? .infinity : .nan
    }
    return isNegative ? -magnitude : magnitude
  }

  /// An upper bound of `|x - round(x)|` for magnitudes up to `largest`.
  package func errorBound(upTo largest: Float) -> Float {
    if largest >= maximum {
      return Swift.max(largest - maximum, spacing(at: maximum) / 2)
    }
    return spacing(at: largest) / 2
  }

  /// The distance of neighbouring values in the binade of a magnitude.
  private func spacing(at magnitude: Float) -> Float {
    let exponent = Swift.max(magnitude.isNormal ? magnitude.exponent : smallestExponent, smallestExponent)
    return Float(sign: .plus, exponent: exponent - fractionBits, significand: 1)
  }
}
