/// 32 elements of 8 bits with one scale.
///
/// x = d · q, q in -127...127.
enum BlockQ8_0: EncodableBlock {
  static let format = BlockFormat.q8_0
  static let d = 0
  static let quants = 2
  static let byteCount = 34

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let q = block.bytes(at: quants)
    for j in 0..<32 { y[j] = Float(Int8(bitPattern: q[j])) * scale }
  }

  /// Rounds half away from zero. Source: ggml `quantize_row_q8_0_ref`; gguf-py 0.19.0 `Q8_0.quantize_blocks`.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let scale = firstOfLargestMagnitude(x, count: 32).magnitude / 127
    let inverse = scale == 0 ? 0 : 1 / scale
    for j in 0..<32 {
      let q = (x[j] * inverse).rounded(.toNearestOrAwayFromZero)
      // The last arm also takes NaN, from a scale so small that its inverse is infinite; it will decode to zero.
      let quantum: Int8 = q >= 127 ? 127 : q > -127 ? Int8(q) : -127
      block.storeWord(quantum, at: quants + j)
    }
    return block.storeHalf(scale, at: d)
  }

  /// Half a step, and the scale's rounding.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    let step = range.largestMagnitude / 127
    return step * (0.5 + 0x1p-14) + 127 * step.halfPrecisionErrorBound
  }
}
