// Encoders of ggml's k-quants, with and without importance weights.
// Source: ggml `quantize_row_q*_K_ref` and `quantize_row_q*_K_impl`.

/// 256 elements as groups with a scale and a minimum each, all quantized: x ≈ d · s · q - dmin · m.
private struct AffineGroups {
  var levels = [UInt8](repeating: 0, count: 256)
  var scales: [UInt8]
  var minimums: [UInt8]
  var d: Float = 0
  var dmin: Float = 0

  /// - Parameters:
  ///   - size: elements of a group.
  ///   - top: largest q.
  ///   - scaleTop: largest s and m.
  ///   - search: without importance; with it, a finer one is the same for all formats.
  init(
    _ x: UnsafePointer<Float>, size: Int, top: Int32, scaleTop: Int32, search: AffineSearch, importance: Importance?
  ) {
    let groups = 256 / size
    scales = [UInt8](repeating: 0, count: groups)
    minimums = scales
    var fits = [Float](repeating: 0, count: groups)
    var negatedMinimums = fits
    var totals = fits
    var weights = [Float](repeating: 0, count: size)
    let blockSquares = importance == nil ? 0 : sumOfSquares(x, count: 256)
    // The two-bit format weighs against the mean square, the others against twice that.
    let meanSquare = (size == 16 ? blockSquares : 2 * blockSquares) / 256
    levels.withUnsafeMutableBufferPointer { levels in
      for group in 0..<groups {
        let values = x + size * group
        if let importance {
          totals[group] = importance.advanced(by: size * group)
            .weights(of: values, count: size, meanSquare: meanSquare, into: &weights)
        } else {
          let level = size == 16 ? 0 : (sumOfSquares(values, count: size) / Float(size)).squareRoot()
          for i in 0..<size { weights[i] = level + values[i].magnitude }
        }
        let fine = AffineSearch(start: -0.9, step: 0.05, count: 36)
        (fits[group], negatedMinimums[group]) = fitScaleAndMinimum(
          values, weights: weights, count: size, top: top, search: importance == nil ? search : fine,
          into: levels.baseAddress! + size * group)
      }
    }
    if importance == nil {
      d = Self.quantize(fits, top: scaleTop, into: &scales)
      dmin = Self.quantize(negatedMinimums, top: scaleTop, into: &minimums)
    } else {
      d = fitPositiveScale(fits, weights: totals, count: groups, top: scaleTop, into: &scales)
      dmin = fitPositiveScale(negatedMinimums, weights: totals, count: groups, top: scaleTop, into: &minimums)
    }
    round(x, size: size, top: top)
  }

  /// Quantizes scales against their maximum.
  private static func quantize(_ values: [Float], top: Int32, into levels: inout [UInt8]) -> Float {
    let largest = values.reduce(0) { $1 > $0 ? $1 : $0 }
    guard largest > 0 else { return 0 }
    let inverse = Float(top) / largest
    for (i, value) in values.enumerated() {
      levels[i] = min(UInt8(top), UInt8(truncatingIfNeeded: nearestInteger(inverse * value)))
    }
    return largest / Float(top)
  }

  /// Rounds the elements again, with the scales as they are stored.
  private mutating func round(_ x: UnsafePointer<Float>, size: Int, top: Int32) {
    let (stored, storedMinimum) = (Float(Float16(d)), Float(Float16(dmin)))
    for group in scales.indices {
      let scale = stored * Float(scales[group])
      if scale == 0 { continue }
      let minimum = storedMinimum * Float(minimums[group])
      for i in size * group..<size * (group + 1) {
        levels[i] = UInt8(clamped(nearestInteger((x[i] + minimum) / scale), 0, top))
      }
    }
  }

  /// Puts eight scales and eight minimums of 6 bits into 12 bytes (ggml `get_scale_min_k4` reads them).
  func storeSixBitScales(into block: UnsafeMutableRawPointer, at offset: Int) {
    for group in 0..<4 {
      let (scale, minimum) = (scales[group + 4], minimums[group + 4])
      block.storeWord(scales[group] | (scale >> 4) << 6, at: offset + group)
      block.storeWord(minimums[group] | (minimum >> 4) << 6, at: offset + group + 4)
      block.storeWord(scale & 15 | minimum << 4, at: offset + group + 8)
    }
  }
}

extension BlockQ2_K: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let groups = AffineGroups(
      x, size: 16, top: 3, scaleTop: 15, search: AffineSearch(start: -0.5, step: 0.1, count: 15, isAbsolute: true),
      importance: importance)
    for group in 0..<16 { block.storeWord(groups.scales[group] | groups.minimums[group] << 4, at: scales + group) }
    storeBitPairs(groups.levels, into: block, at: quants)
    return block.storeHalves(groups.d, groups.dmin, at: d, dmin)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { fittedErrorBound(over: range, steps: 3) }
}

extension BlockQ4_K: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let groups = AffineGroups(
      x, size: 32, top: 15, scaleTop: 63, search: AffineSearch(start: -1, step: 0.1, count: 20), importance: importance)
    groups.storeSixBitScales(into: block, at: scales)
    storeNibbles(groups.levels, into: block, at: quants)
    return block.storeHalves(groups.d, groups.dmin, at: d, dmin)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { fittedErrorBound(over: range, steps: 15) }
}

extension BlockQ5_K: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let groups = AffineGroups(
      x, size: 32, top: 31, scaleTop: 63, search: AffineSearch(start: -0.5, step: 0.1, count: 15),
      importance: importance)
    groups.storeSixBitScales(into: block, at: scales)
    storeNibbles(groups.levels, into: block, at: quants)
    for l in 0..<32 {
      let fifths = (0..<8).reduce(UInt8(0)) { $0 | (groups.levels[32 * $1 + l] >> 4) << UInt8($1) }
      block.storeWord(fifths, at: high + l)
    }
    return block.storeHalves(groups.d, groups.dmin, at: d, dmin)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { fittedErrorBound(over: range, steps: 31) }
}

extension BlockQ3_K: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    var levels = [UInt8](repeating: 0, count: 256)
    var codes = [UInt8](repeating: 0, count: 16)
    var fits = [Float](repeating: 0, count: 16)
    let scale: Float
    if let importance {
      var totals = fits
      var weights = [Float](repeating: 0, count: 16)
      let meanSquare = 2 * sumOfSquares(x, count: 256) / 256
      for group in 0..<16 {
        let values = x + 16 * group
        totals[group] = importance.advanced(by: 16 * group)
          .weights(of: values, count: 16, meanSquare: meanSquare, into: &weights)
        levels.withUnsafeMutableBufferPointer {
          fits[group] = fitScale(values, count: 16, top: 4, weights: weights, into: $0.baseAddress! + 16 * group)
        }
      }
      scale = fitScale(fits, count: 16, top: 32, weights: totals, into: &codes)
    } else {
      for group in 0..<16 {
        levels.withUnsafeMutableBufferPointer {
          fits[group] = refineScale(x + 16 * group, count: 16, top: 4, into: $0.baseAddress! + 16 * group)
        }
      }
      let extreme = firstOfLargestMagnitude(fits, count: 16)
      if extreme == 0 {
        scale = 0
      } else {
        let inverse = -32 / extreme
        for group in 0..<16 { codes[group] = UInt8(clamped(nearestInteger(inverse * fits[group]), -32, 31) + 32) }
        scale = 1 / inverse
      }
    }
    guard scale.isFinite, fits.allSatisfy(\.isFinite) else { return false }
    roundGroups(x, &levels, scale: scale, codes: codes.map { Int32($0) - 32 }, top: 4)
    for i in 0..<4 {
      let high = (0..<4).reduce(UInt8(0)) { $0 | (codes[4 * $1 + i] >> 4) << UInt8(2 * $1) }
      block.storeWord(high, at: scales + 8 + i)
    }
    for i in 0..<8 { block.storeWord(codes[i] & 15 | codes[i + 8] << 4, at: scales + i) }
    for l in 0..<32 {
      let thirds = (0..<8).reduce(UInt8(0)) { $0 | (levels[32 * $1 + l] >> 2) << UInt8($1) }
      block.storeWord(thirds, at: highMask + l)
    }
    storeBitPairs(levels.map { $0 & 3 }, into: block, at: quants)
    return block.storeHalf(scale, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float {
    fittedErrorBound(over: -range.largestMagnitude...range.largestMagnitude, steps: 7)
  }
}

extension BlockQ6_K: EncodableBlock {
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    var levels = [UInt8](repeating: 0, count: 256)
    var fits = [Float](repeating: 0, count: 16)
    levels.withUnsafeMutableBufferPointer { levels in
      for group in 0..<16 {
        let first = 16 * group
        fits[group] = fitScale(
          x + first, count: 16, top: 32, weights: importance.map { $0.values + first },
          into: levels.baseAddress! + first)
      }
    }
    guard fits.allSatisfy(\.isFinite) else { return false }
    let extreme = firstOfLargestMagnitude(fits, count: 16)
    guard extreme.magnitude >= negligibleMagnitude else {
      for byte in 0..<byteCount { block.storeWord(UInt8(0), at: byte) }
      return true
    }
    let inverse = -128 / extreme
    let codes = fits.map { min(127, nearestInteger(inverse * $0)) }
    roundGroups(x, &levels, scale: 1 / inverse, codes: codes, top: 32)
    for group in 0..<16 { block.storeWord(Int8(truncatingIfNeeded: codes[group]), at: scales + group) }
    for half in 0..<2 {
      let q = levels[128 * half..<128 * (half + 1)]
      for l in 0..<64 {
        block.storeWord(q[q.startIndex + l] & 15 | q[q.startIndex + l + 64] << 4, at: low + 64 * half + l)
      }
    }
    storeBitPairs(levels.map { $0 >> 4 }, into: block, at: high)
    return block.storeHalf(1 / inverse, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float {
    fittedErrorBound(over: -range.largestMagnitude...range.largestMagnitude, steps: 63)
  }
}

/// Rounds groups of 16 again with the scales as they are stored: levels are q + top, q in -top..<top.
private func roundGroups(
  _ x: UnsafePointer<Float>, _ levels: inout [UInt8], scale: Float, codes: [Int32], top: Int32
) {
  let stored = Float(Float16(scale))
  for (group, code) in codes.enumerated() {
    let step = stored * Float(code)
    if step == 0 { continue }
    for i in 16 * group..<16 * (group + 1) {
      levels[i] = UInt8(clamped(nearestInteger(x[i] / step), -top, top - 1) + top)
    }
  }
}

/// Four elements a byte, 32 apart, in each half of 128.
private func storeBitPairs(_ levels: [UInt8], into block: UnsafeMutableRawPointer, at offset: Int) {
  for half in 0..<2 {
    for l in 0..<32 {
      let q = (0..<4).reduce(UInt8(0)) { $0 | levels[128 * half + 32 * $1 + l] << UInt8(2 * $1) }
      block.storeWord(q, at: offset + 32 * half + l)
    }
  }
}

/// The low four bits of two elements a byte, 32 apart.
private func storeNibbles(_ levels: [UInt8], into block: UnsafeMutableRawPointer, at offset: Int) {
  for pair in 0..<4 {
    for l in 0..<32 {
      block.storeWord(levels[64 * pair + l] & 15 | levels[64 * pair + 32 + l] << 4, at: offset + 32 * pair + l)
    }
  }
}

/// For levels fitted by weighted least squares, which may clip an element that weighs little.
///
/// Σ w e² of the fit is at most that of plain rounding, Σ w (step/2)², so |e| ≤ step/2 · √(Σw/w). With w = rms + |x| over
/// 32 elements the root is at most 8: four steps, and one more for the rounding of scale and minimum. The other weights
/// have no closed bound; the tests look for a counterexample.
private func fittedErrorBound(over range: ClosedRange<Float>, steps: Float) -> Float {
  let span = max(range.upperBound, 0) - min(range.lowerBound, 0)
  let step = span / steps
  return min(5 * step, span) + steps * (span / steps).halfPrecisionErrorBound * 16
    + range.largestMagnitude.halfPrecisionErrorBound
}
