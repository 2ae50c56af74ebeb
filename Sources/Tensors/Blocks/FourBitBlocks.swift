/// 32 elements of 4 bits with one scale; byte j holds element j (low nibble) and element j + 16 (high nibble).
///
/// x = d · (q - 8), q in 0...15.
enum BlockQ4_0: EncodableBlock {
  static let format = BlockFormat.q4_0
  static let d = 0
  static let quants = 2
  static let byteCount = 18

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let q = block.bytes(at: quants)
    for j in 0..<16 {
      y[j] = Float(Int32(q[j] & 15) - 8) * scale
      y[j + 16] = Float(Int32(q[j] >> 4) - 8) * scale
    }
  }

  /// The element of largest magnitude (the first, if several) is mapped to exactly -8.
  ///
  /// Source: ggml `quantize_row_q4_0_ref` (with importance `quantize_row_q4_0_impl`); gguf-py 0.19.0 `Q4_0.quantize_blocks`.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    if let importance {
      let (scale, q) = importance.fit(x, top: 8)
      for j in 0..<16 { block.storeWord(q[j] | q[j + 16] << 4, at: quants + j) }
      return block.storeHalf(scale, at: d)
    }
    let scale = firstOfLargestMagnitude(x, count: 32) / -8
    let inverse = scale == 0 ? 0 : 1 / scale
    for j in 0..<16 {
      let low = (x[j] * inverse + 8.5).quantum(limit: 15)
      let high = (x[j + 16] * inverse + 8.5).quantum(limit: 15)
      block.storeWord(low | high << 4, at: quants + j)
    }
    return block.storeHalf(scale, at: d)
  }

  /// One whole step, because the value opposite to the extreme is clamped from +8 to +7, and the scale's rounding.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    let step = range.largestMagnitude / 8
    return step * (1 + 0x1p-18) + 8 * step.halfPrecisionErrorBound
  }
}

/// 32 elements of 4 bits with a scale and a minimum; nibbles as in `BlockQ4_0`.
///
/// x = d · q + m, q in 0...15.
enum BlockQ4_1: EncodableBlock {
  static let format = BlockFormat.q4_1
  static let d = 0
  static let m = 2
  static let quants = 4
  static let byteCount = 20

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let minimum = block.half(at: m)
    let q = block.bytes(at: quants)
    for j in 0..<16 {
      y[j] = Float(q[j] & 15) * scale + minimum
      y[j + 16] = Float(q[j] >> 4) * scale + minimum
    }
  }

  /// Source: ggml `quantize_row_q4_1_ref` (with importance `quantize_row_q4_1_impl`); gguf-py 0.19.0 `Q4_1.quantize_blocks`.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    if let importance {
      let (scale, minimum, q) = importance.fitAffine(x, top: 15)
      for j in 0..<16 { block.storeWord(q[j] | q[j + 16] << 4, at: quants + j) }
      return block.storeHalves(scale, minimum, at: d, m)
    }
    let range = valueRange(x, count: 32)
    let scale = (range.upperBound - range.lowerBound) / 15
    let inverse = scale == 0 ? 0 : 1 / scale
    for j in 0..<16 {
      let low = ((x[j] - range.lowerBound) * inverse + 0.5).quantum(limit: 15)
      let high = ((x[j + 16] - range.lowerBound) * inverse + 0.5).quantum(limit: 15)
      block.storeWord(low | high << 4, at: quants + j)
    }
    return block.storeHalves(scale, range.lowerBound, at: d, m)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { minimumAndScaleErrorBound(over: range, steps: 15) }
}

extension Importance {
  /// The scale and the levels q + top of a block of 32.
  func fit(_ x: UnsafePointer<Float>, top: Int32) -> (scale: Float, levels: [UInt8]) {
    var weights = [Float](repeating: 0, count: 32)
    self.weights(of: x, count: 32, meanSquare: rowMeanSquare, into: &weights)
    var levels = [UInt8](repeating: 0, count: 32)
    let scale = fitScale(x, count: 32, top: top, weights: weights, into: &levels)
    return (scale, levels)
  }

  /// The scale, the minimum and the levels of a block of 32.
  func fitAffine(_ x: UnsafePointer<Float>, top: Int32) -> (scale: Float, minimum: Float, levels: [UInt8]) {
    var weights = [Float](repeating: 0, count: 32)
    self.weights(of: x, count: 32, meanSquare: rowMeanSquare, into: &weights)
    var levels = [UInt8](repeating: 0, count: 32)
    let (scale, negatedMinimum) = fitScaleAndMinimum(
      x, weights: weights, count: 32, top: top, search: AffineSearch(start: -0.9, step: 0.05, count: 36),
      into: &levels)
    return (scale, -negatedMinimum, levels)
  }
}

/// The element of largest magnitude, with its sign; the first, if several.
func firstOfLargestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
  var extreme: Float = 0
  for i in 0..<count where x[i].magnitude > extreme.magnitude { extreme = x[i] }
  return extreme
}

/// The least and the greatest of `count` finite values.
func valueRange(_ x: UnsafePointer<Float>, count: Int) -> ClosedRange<Float> {
  var least = x[0]
  var greatest = x[0]
  for i in 1..<count {
    // Not `min` and `max`: of equal zeros with different signs the first is kept, as in ggml.
    if x[i] < least { least = x[i] }
    if x[i] > greatest { greatest = x[i] }
  }
  return least...greatest
}

/// Half a step, and the rounding to binary16 of the scale and the minimum, for x = d · q + m with q in 0...`steps`.
func minimumAndScaleErrorBound(over range: ClosedRange<Float>, steps: Float) -> Float {
  let step = (range.upperBound - range.lowerBound) / steps
  let arithmetic = (range.largestMagnitude + steps * step) * 0x1p-20
  return step / 2 + steps * step.halfPrecisionErrorBound + range.largestMagnitude.halfPrecisionErrorBound + arithmetic
}
