/// A block of the Open Compute Project's Microscaling (MX) formats 1.0: 32 elements that share a power of two.
///
/// The scale is X = 2^(⌊log₂ absmax⌋ - emax of the element format), stored as E8M0 (bias 127); elements are
/// x / X rounded to nearest, ties to even, and what exceeds the largest value saturates to it. (The standard leaves the
/// conversion to the implementation; this is the rule of its section 6.3.) In memory: the scale's byte, then the
/// elements' codes one after the other from the least significant bit.
package struct MicroscalingBlock: Hashable, Sendable {
  package static let elements = 32

  package let element: Minifloat

  package init(_ element: Minifloat) { self.element = element }

  /// 17 bytes for FP4, 25 for FP6, 33 for FP8.
  package var byteCount: Int { 1 + Self.elements * element.bits / 8 }

  package var bitsPerElement: Double { Double(8 * byteCount) / Double(Self.elements) }

  /// The shared exponent of 32 finite values, within -127...127.
  func exponent(of x: UnsafePointer<Float>) -> Int {
    let largest = firstOfLargestMagnitude(x, count: Self.elements).magnitude
    return largest == 0 ? -127 : min(127, max(-127, largest.exponent - element.largestExponent))
  }

  /// Rounds 32 values in place.
  func round(_ x: UnsafeMutablePointer<Float>) {
    let exponent = exponent(of: x)
    for i in 0..<Self.elements {
      x[i] = Self.scaled(element.round(Self.scaled(x[i], by: -exponent)), by: exponent)
    }
  }

  /// Encodes 32 finite values.
  package func encode(_ x: [Float]) -> [UInt8] {
    precondition(x.count == Self.elements, "one block")
    let exponent = exponent(of: x)
    var bytes = [UInt8](repeating: 0, count: byteCount)
    bytes[0] = UInt8(exponent + 127)
    for (i, value) in x.enumerated() {
      let code = UInt16(element.code(of: element.round(Self.scaled(value, by: -exponent))))
      let bit = i * element.bits
      let shifted = code << UInt16(bit % 8)
      bytes[1 + bit / 8] |= UInt8(truncatingIfNeeded: shifted)
      if bit % 8 + element.bits > 8 { bytes[2 + bit / 8] |= UInt8(shifted >> 8) }
    }
    return bytes
  }

  /// The values of one block; all NaN where the scale is (255).
  package func decode(_ bytes: [UInt8]) -> [Float] {
    precondition(bytes.count == byteCount, "one block")
    guard bytes[0] != 255 else { return [Float](repeating: .nan, count: Self.elements) }
    let exponent = Int(bytes[0]) - 127
    return (0..<Self.elements).map { i in
      let bit = i * element.bits
      var word = UInt16(bytes[1 + bit / 8])
      if bit % 8 + element.bits > 8 { word |= UInt16(bytes[2 + bit / 8]) << 8 }
      let code = UInt8(truncatingIfNeeded: word >> UInt16(bit % 8)) & (0xff >> UInt8(8 - element.bits))
      return Self.scaled(element.value(of: code), by: exponent)
    }
  }

  /// An upper bound of `|x - decoded x|` for every `x` of a block whose values span `range`.
  package func errorBound(over range: ClosedRange<Float>) -> Float {
    let largest = range.largestMagnitude
    guard largest > 0 else { return 0 }
    let exponent = min(127, max(-127, largest.exponent - element.largestExponent))
    return Self.scaled(element.errorBound(upTo: Self.scaled(largest, by: -exponent)), by: exponent)
      + Float.leastNonzeroMagnitude
  }

  /// x · 2^exponent, exact but for underflow; in two steps, because 2^±127 are beyond the normal range or its inverse.
  private static func scaled(_ x: Float, by exponent: Int) -> Float {
    let half = exponent / 2
    return x * Float(sign: .plus, exponent: half, significand: 1)
      * Float(sign: .plus, exponent: exponent - half, significand: 1)
  }
}
