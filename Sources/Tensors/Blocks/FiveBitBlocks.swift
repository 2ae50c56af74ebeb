/// 32 elements of 5 bits with one scale: nibbles as in `BlockQ4_0`, the fifth bit of element i is bit i of a word.
///
/// x = d · (q - 16), q in 0...31.
enum BlockQ5_0: EncodableBlock {
  static let format = BlockFormat.q5_0
  static let d = 0
  static let fifthBits = 2
  static let quants = 6
  static let byteCount = 22

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let fifth: UInt32 = block.word(at: fifthBits)
    let q = block.bytes(at: quants)
    for j in 0..<16 {
      y[j] = Float(Int32(fiveBits(q[j] & 15, fifth >> UInt32(j))) - 16) * scale
      y[j + 16] = Float(Int32(fiveBits(q[j] >> 4, fifth >> UInt32(j + 16))) - 16) * scale
    }
  }

  /// The element of largest magnitude (the first, if several) is mapped to exactly -16.
  ///
  /// Source: ggml `quantize_row_q5_0_ref` (with importance `quantize_row_q5_0_impl`); gguf-py 0.19.0 `Q5_0.quantize_blocks`.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    if let importance {
      let (scale, q) = importance.fit(x, top: 16)
      storeFiveBits(into: block, fifthBits, quants) { q[$0] }
      return block.storeHalf(scale, at: d)
    }
    let scale = firstOfLargestMagnitude(x, count: 32) / -16
    let inverse = scale == 0 ? 0 : 1 / scale
    storeFiveBits(into: block, fifthBits, quants) { (x[$0] * inverse + 16.5).quantum(limit: 31) }
    return block.storeHalf(scale, at: d)
  }

  /// One whole step, because the value opposite to the extreme is clamped from +16 to +15, and the scale's rounding.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    let step = range.largestMagnitude / 16
    return step * (1 + 0x1p-17) + 16 * step.halfPrecisionErrorBound
  }
}

/// 32 elements of 5 bits with a scale and a minimum; bits as in `BlockQ5_0`.
///
/// x = d · q + m, q in 0...31.
enum BlockQ5_1: EncodableBlock {
  static let format = BlockFormat.q5_1
  static let d = 0
  static let m = 2
  static let fifthBits = 4
  static let quants = 8
  static let byteCount = 24

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let minimum = block.half(at: m)
    let fifth: UInt32 = block.word(at: fifthBits)
    let q = block.bytes(at: quants)
    for j in 0..<16 {
      y[j] = Float(fiveBits(q[j] & 15, fifth >> UInt32(j))) * scale + minimum
      y[j + 16] = Float(fiveBits(q[j] >> 4, fifth >> UInt32(j + 16))) * scale + minimum
    }
  }

  /// Source: ggml `quantize_row_q5_1_ref` (with importance `quantize_row_q5_1_impl`); gguf-py 0.19.0 `Q5_1.quantize_blocks`.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    if let importance {
      let (scale, minimum, q) = importance.fitAffine(x, top: 31)
      storeFiveBits(into: block, fifthBits, quants) { q[$0] }
      return block.storeHalves(scale, minimum, at: d, m)
    }
    let range = valueRange(x, count: 32)
    let scale = (range.upperBound - range.lowerBound) / 31
    let inverse = scale == 0 ? 0 : 1 / scale
    storeFiveBits(into: block, fifthBits, quants) { ((x[$0] - range.lowerBound) * inverse + 0.5).quantum(limit: 31) }
    return block.storeHalves(scale, range.lowerBound, at: d, m)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { minimumAndScaleErrorBound(over: range, steps: 31) }
}

/// A nibble, with the lowest bit of `bits` as its fifth bit.
private func fiveBits(_ nibble: UInt8, _ bits: UInt32) -> UInt32 { UInt32(nibble) | (bits & 1) << 4 }

/// Stores `quantum(0)` ... `quantum(31)`: their fifth bits at one offset, their nibbles at another.
private func storeFiveBits(
  into block: UnsafeMutableRawPointer, _ fifthBits: Int, _ quants: Int, _ quantum: (Int) -> UInt8
) {
  var fifth: UInt32 = 0
  for j in 0..<16 {
    let low = quantum(j)
    let high = quantum(j + 16)
    fifth |= UInt32(low >> 4) << UInt32(j) | UInt32(high >> 4) << UInt32(j + 16)
    block.storeWord(low & 15 | high << 4, at: quants + j)
  }
  block.storeWord(fifth, at: fifthBits)
}
