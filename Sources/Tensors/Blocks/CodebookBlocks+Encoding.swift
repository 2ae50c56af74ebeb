import Glibc

// Encoders of the blocks with unevenly spaced levels.
// Source: ggml `quantize_row_iq4_nl_impl` (7 candidates each way), `quantize_row_mxfp4_ref`, `quantize_row_nvfp4_ref`.

extension BlockIQ4_NL: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let meanSquare = sumOfSquares(x, count: 32) * (2 / 32)
    let scale = fitIQ4(x, importance: importance, meanSquare: meanSquare) ?? 0
    let inverse = scale == 0 ? 0 : 1 / scale
    storeIQ4(x, inverse: inverse, into: block, at: quants)
    return block.storeHalf(scale, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { iq4ErrorBound(over: range) }
}

extension BlockIQ4_XS: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let meanSquare = sumOfSquares(x, count: 256) * (2 / 256)
    let fits = (0..<8).map {
      fitIQ4(x + 32 * $0, importance: importance?.advanced(by: 32 * $0), meanSquare: meanSquare) ?? 0
    }
    guard fits.allSatisfy(\.isFinite) else { return false }
    let scale = -firstOfLargestMagnitude(fits, count: 8) / 32
    let inverse = scale == 0 ? 0 : 1 / scale
    var (high, low) = (UInt16(0), UInt32(0))
    for group in 0..<8 {
      let code = clamped(nearestInteger(inverse * fits[group]), -32, 31)
      let step = scale * Float(code)
      storeIQ4(x + 32 * group, inverse: step == 0 ? 0 : 1 / step, into: block, at: quants + 16 * group)
      let bits = UInt16(code + 32)
      high |= (bits >> 4) << UInt16(2 * group)
      low |= UInt32(bits & 15) << UInt32(4 * group)
    }
    block.storeWord(high, at: highScales)
    block.storeWord(low, at: lowScales)
    return block.storeHalf(scale, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { iq4ErrorBound(over: range) }
}

/// The scale of 32 elements that minimises Σ w (x - s · level)², w = x² without importance; `nil` when they are zero.
private func fitIQ4(_ x: UnsafePointer<Float>, importance: Importance?, meanSquare: Float) -> Float? {
  let extreme = firstOfLargestMagnitude(x, count: 32)
  guard extreme.magnitude >= negligibleMagnitude else { return nil }
  var weights = [Float](repeating: 0, count: 32)
  if let importance {
    importance.weights(of: x, count: 32, meanSquare: meanSquare, into: &weights)
  } else {
    for j in 0..<32 { weights[j] = x[j] * x[j] }
  }
  func sums(_ inverse: Float) -> (xq: Float, qq: Float) {
    var (xq, qq): (Float, Float) = (0, 0)
    for j in 0..<32 {
      let q = iq4Levels[nearestIQ4(inverse * x[j])]
      xq += weights[j] * q * x[j]
      qq += weights[j] * q * q
    }
    return (xq, qq)
  }
  let first = sums(1 / (-extreme / iq4Levels[0]))
  var scale = first.qq > 0 ? first.xq / first.qq : 0
  var best = scale * first.xq
  for candidate in -7...7 {
    let (xq, qq) = sums((Float(candidate) + iq4Levels[0]) / extreme)
    if qq > 0, xq * xq > best * qq {
      scale = xq / qq
      best = scale * xq
    }
  }
  return scale
}

/// The index of the level nearest to `x`, the upper one of two equally near.
private func nearestIQ4(_ x: Float) -> Int {
  if x <= iq4Levels[0] { return 0 }
  if x >= iq4Levels[15] { return 15 }
  var (lower, upper) = (0, 15)
  while upper - lower > 1 {
    let middle = (lower + upper) / 2
    if x < iq4Levels[middle] { upper = middle } else { lower = middle }
  }
  return x - iq4Levels[lower] < iq4Levels[upper] - x ? lower : upper
}

private func storeIQ4(
  _ x: UnsafePointer<Float>, inverse: Float, into block: UnsafeMutableRawPointer, at offset: Int
) {
  for j in 0..<16 {
    let (low, high) = (nearestIQ4(inverse * x[j]), nearestIQ4(inverse * x[j + 16]))
    block.storeWord(UInt8(low | high << 4), at: offset + j)
  }
}

/// The widest gap between levels is 24 of 127, and least squares may clip what weighs little; not proved, but tested.
private func iq4ErrorBound(over range: ClosedRange<Float>) -> Float {
  let largest = range.largestMagnitude
  return largest * 0.4 + 127 * (largest / 127).halfPrecisionErrorBound * 33
}

extension BlockMXFP4: EncodableBlock {
  /// Scale 2^(⌊log₂ absmax⌋ - 2), elements to the nearest level, the smaller of two equally near.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let largest = firstOfLargestMagnitude(x, count: 32).magnitude
    let code = largest > 0 ? UInt8(clamped(Int32(log2f(largest).rounded(.down)) + 125, 0, 254)) : 0
    block.storeWord(code, at: exponent)
    storeE2M1(x, count: 32, scale: halfPowerOfTwo(code), into: block, at: quants)
    return true
  }

  /// Half the widest gap, and what exceeds the largest level: 8 of 4 in units of the scale.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    max(range.largestMagnitude / 4, 0x1p-128) * (1 + 0x1p-20)
  }
}

extension BlockNVFP4: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    for group in 0..<4 {
      let values = x + 16 * group
      let code = encodeUE4M3(firstOfLargestMagnitude(values, count: 16).magnitude / 6)
      block.storeWord(code, at: scales + group)
      storeE2M1(values, count: 16, scale: halfUE4M3(code), into: block, at: quants + 8 * group)
    }
    return true
  }

  /// Half the widest gap of a scale that is up to 1.75 times too large (see `encodeUE4M3`); below the least scale,
  /// everything; beyond the largest, what exceeds six times it.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    let largest = range.largestMagnitude
    return max(largest * (1.75 / 6) + 0x1p-7, largest - 6 * 448) * (1 + 0x1p-20)
  }

  /// As ggml rounds: to nearest, ties away from zero; from 256 on always 448, and below half the least, zero.
  private static func encodeUE4M3(_ x: Float) -> UInt8 {
    guard x > 0 else { return 0 }
    let bits = min(x, 448).bitPattern
    let exponent = Int32(bits >> 23) - 120
    if exponent <= 0 { return UInt8(min(7, Int32(x * 512 + 0.5))) }
    if exponent >= 15 { return 0x7e }
    let rounded = (exponent << 3) + Int32(bits >> 20 & 7) + Int32(bits >> 19 & 1)
    return UInt8(min(rounded >= 15 << 3 ? 0x7e : rounded, 0x7e))
  }
}

/// The nearest of the doubled E2M1 levels times `scale`; of equals the first, so ties go to the smaller magnitude.
private func storeE2M1(
  _ x: UnsafePointer<Float>, count: Int, scale: Float, into block: UnsafeMutableRawPointer, at offset: Int
) {
  func nearest(_ x: Float) -> UInt8 {
    var best = (index: 0, error: (doubledE2M1Levels[0] * scale - x).magnitude)
    for index in 1..<16 {
      let error = (doubledE2M1Levels[index] * scale - x).magnitude
      if error < best.error { best = (index, error) }
    }
    return UInt8(best.index)
  }
  for j in 0..<count / 2 { block.storeWord(nearest(x[j]) | nearest(x[j + count / 2]) << 4, at: offset + j) }
}
