// The searches for scales behind ggml's k-quants and its quantizers with importance weights. They are sequences of
// binary32 operations in a fixed order, because a block is a golden value: another order gives other bytes.
// Source: ggml `make_qx_quants`, `make_q3_quants`, `make_qkx2_quants`, `make_qkx3_quants`, `make_qp_quants`.

/// How much each input of a row matters to the layer's output, and the row's mean square.
///
/// The weight of an element is its input's importance times `sqrt(mean square + x²)`.
struct Importance {
  /// The mean squares of the inputs that a block's elements are multiplied with, from calibration.
  let values: UnsafePointer<Float>
  /// Of the row that the block lies in, for the formats that use it.
  let rowMeanSquare: Float

  /// Importance of the elements from `offset` on.
  func advanced(by offset: Int) -> Importance { Importance(values: values + offset, rowMeanSquare: rowMeanSquare) }

  /// Writes the weights of `count` elements and returns their sum.
  @discardableResult
  func weights(
    of x: UnsafePointer<Float>, count: Int, meanSquare: Float, into weights: UnsafeMutablePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<count {
      weights[i] = values[i] * (meanSquare + x[i] * x[i]).squareRoot()
      sum += weights[i]
    }
    return sum
  }
}

/// Blocks whose largest magnitude is below this are taken as zero.
let negligibleMagnitude: Float = 1e-15

/// Nearest integer, ties to even, as ggml computes it: beyond 2^22 the result is meaningless but never a trap.
@inline(__always)
func nearestInteger(_ x: Float) -> Int32 {
  Int32(truncatingIfNeeded: (x + 0x1.8p23).bitPattern & 0x7f_ffff) - 0x40_0000
}

@inline(__always)
func clamped(_ value: Int32, _ low: Int32, _ high: Int32) -> Int32 { max(low, min(high, value)) }

/// The sum of the squares in order.
func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Float {
  var sum: Float = 0
  for i in 0..<count { sum += x[i] * x[i] }
  return sum
}

/// The scale s that minimises Σ w (x - s · q)², q in -top..<top, among 19 candidate roundings.
///
/// - Parameters:
///   - weights: `nil` for x².
///   - levels: q + top of every element.
func fitScale(
  _ x: UnsafePointer<Float>, count: Int, top: Int32, weights: UnsafePointer<Float>?,
  into levels: UnsafeMutablePointer<UInt8>
) -> Float {
  let extreme = firstOfLargestMagnitude(x, count: count)
  guard extreme.magnitude >= negligibleMagnitude else {
    for i in 0..<count { levels[i] = 0 }
    return 0
  }
  func sums(_ inverse: Float) -> (xq: Float, qq: Float) {
    var (xq, qq): (Float, Float) = (0, 0)
    for i in 0..<count {
      let q = Float(clamped(nearestInteger(inverse * x[i]), -top, top - 1))
      let w = weights.map { $0[i] } ?? x[i] * x[i]
      xq += w * x[i] * q
      qq += w * q * q
    }
    return (xq, qq)
  }
  func store(_ inverse: Float) {
    for i in 0..<count { levels[i] = UInt8(clamped(nearestInteger(inverse * x[i]), -top, top - 1) + top) }
  }
  var chosen = -Float(top) / extreme
  let first = sums(chosen)
  var scale = first.qq != 0 ? first.xq / first.qq : 0
  var best = scale * first.xq
  for candidate in -9...9 where candidate != 0 {
    let inverse = -(Float(top) + 0.1 * Float(candidate)) / extreme
    let (xq, qq) = sums(inverse)
    if qq > 0, xq * xq > best * qq {
      chosen = inverse
      scale = xq / qq
      best = scale * xq
    }
  }
  store(chosen)
  return scale
}

/// As `fitScale` with weights x², improved by moving one level at a time, up to five times through the elements.
func refineScale(
  _ x: UnsafePointer<Float>, count: Int, top: Int32, into levels: UnsafeMutablePointer<UInt8>
) -> Float {
  let extreme = firstOfLargestMagnitude(x, count: count)
  guard extreme.magnitude >= negligibleMagnitude else {
    for i in 0..<count { levels[i] = 0 }
    return 0
  }
  let inverse = -Float(top) / extreme
  var (xq, qq): (Float, Float) = (0, 0)
  for i in 0..<count {
    let level = clamped(nearestInteger(inverse * x[i]), -top, top - 1)
    levels[i] = UInt8(level + top)
    let w = x[i] * x[i]
    let q = Float(level)
    xq += w * x[i] * q
    qq += w * q * q
  }
  for _ in 0..<5 {
    var hasChanged = false
    for i in 0..<count {
      let w = x[i] * x[i]
      let old = Float(Int32(levels[i]) - top)
      var otherXQ = xq - w * x[i] * old
      guard otherXQ > 0 else { continue }
      var otherQQ = qq - w * old * old
      let level = clamped(nearestInteger(x[i] * otherQQ / otherXQ), -top, top - 1)
      let q = Float(level)
      guard q != old else { continue }
      otherXQ += w * x[i] * q
      otherQQ += w * q * q
      if otherQQ > 0, otherXQ * otherXQ * qq > xq * xq * otherQQ {
        levels[i] = UInt8(level + top)
        (xq, qq) = (otherXQ, otherQQ)
        hasChanged = true
      }
    }
    if !hasChanged { break }
  }
  return qq > 0 ? xq / qq : 0
}

/// The candidate roundings that `fitScaleAndMinimum` tries: inverse scales (start + i · step + top) / (max - min).
struct AffineSearch {
  let start: Float
  let step: Float
  let count: Int
  /// Minimise Σ w |error| in place of Σ w error².
  var isAbsolute = false
}

/// The scale s and minimum m ≤ 0 that minimise Σ w (x - (s · q + m))² with q in 0...top, among candidate roundings.
///
/// - Parameter levels: q of every element.
/// - Returns: s and -m.
func fitScaleAndMinimum(
  _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, top: Int32, search: AffineSearch,
  into levels: UnsafeMutablePointer<UInt8>
) -> (scale: Float, negatedMinimum: Float) {
  let range = valueRange(x, count: count)
  var (sumW, sumX) = (weights[0], weights[0] * x[0])
  for i in 1..<count {
    sumW += weights[i]
    sumX += weights[i] * x[i]
  }
  // A better minimum is also what the candidates after it are rounded from.
  var minimum = range.lowerBound > 0 ? 0 : range.lowerBound
  guard range.upperBound > minimum else {
    for i in 0..<count { levels[i] = 0 }
    return (0, -minimum)
  }
  func round(_ inverse: Float, into levels: UnsafeMutablePointer<UInt8>) {
    for i in 0..<count { levels[i] = UInt8(clamped(nearestInteger(inverse * (x[i] - minimum)), 0, top)) }
  }
  func error(_ levels: UnsafeMutablePointer<UInt8>, _ scale: Float, _ minimum: Float) -> Float {
    var sum: Float = 0
    for i in 0..<count {
      let difference = scale * Float(levels[i]) + minimum - x[i]
      sum += weights[i] * (search.isAbsolute ? difference.magnitude : difference * difference)
    }
    return sum
  }
  let plain = Float(top) / (range.upperBound - minimum)
  var scale = 1 / plain
  round(plain, into: levels)
  var best = error(levels, scale, minimum)
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { trial in
    let trial = trial.baseAddress!
    for candidate in 0...search.count {
      round(
        (search.start + search.step * Float(candidate) + Float(top)) / (range.upperBound - minimum), into: trial)
      var (sumQ, sumQQ, sumXQ): (Float, Float, Float) = (0, 0, 0)
      for i in 0..<count {
        let weighted = weights[i] * Float(trial[i])
        sumQ += weighted
        sumQQ += weighted * Float(trial[i])
        sumXQ += weighted * x[i]
      }
      let determinant = sumW * sumQQ - sumQ * sumQ
      guard determinant > 0 else { continue }
      var fittedScale = (sumW * sumXQ - sumX * sumQ) / determinant
      var fittedMinimum = (sumQQ * sumX - sumQ * sumXQ) / determinant
      if fittedMinimum > 0 {
        fittedMinimum = 0
        fittedScale = sumXQ / sumQQ
      }
      let fittedError = error(trial, fittedScale, fittedMinimum)
      if fittedError < best {
        (best, scale, minimum) = (fittedError, fittedScale, fittedMinimum)
        levels.update(from: trial, count: count)
      }
    }
  }
  return (scale, -minimum)
}

/// Quantizes non-negative scales to 0...top against one scale s, minimising Σ w (x - s · q)².
func fitPositiveScale(
  _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, top: Int32,
  into levels: UnsafeMutablePointer<UInt8>
) -> Float {
  var largest: Float = 0
  for i in 0..<count { largest = max(largest, x[i]) }
  guard largest >= negligibleMagnitude else {
    for i in 0..<count { levels[i] = 0 }
    return 0
  }
  func level(_ i: Int, _ inverse: Float) -> Int32 { min(top, nearestInteger(inverse * x[i])) }
  func error(_ inverse: Float) -> Float {
    let scale = 1 / inverse
    var sum: Float = 0
    for i in 0..<count {
      let difference = x[i] - scale * Float(level(i, inverse))
      sum += weights[i] * difference * difference
    }
    return sum
  }
  var inverse = Float(top) / largest
  var best = error(inverse)
  for candidate in -4...4 where candidate != 0 {
    let other = (0.1 * Float(candidate) + Float(top)) / largest
    let otherError = error(other)
    if otherError < best { (best, inverse) = (otherError, other) }
  }
  var (xq, qq): (Float, Float) = (0, 0)
  for i in 0..<count {
    let q = level(i, inverse)
    levels[i] = UInt8(truncatingIfNeeded: q)
    xq += weights[i] * x[i] * Float(q)
    qq += weights[i] * Float(q) * Float(q)
  }
  for _ in 0..<5 {
    var hasChanged = false
    for i in 0..<count {
      let w = weights[i]
      let old = Float(levels[i])
      var (otherXQ, otherQQ) = (xq - w * x[i] * old, qq - w * old * old)
      guard otherXQ > 0, otherQQ > 0 else { continue }
      let q = min(top, nearestInteger(x[i] * otherQQ / otherXQ))
      guard Float(q) != old else { continue }
      otherXQ += w * x[i] * Float(q)
      otherQQ += w * Float(q) * Float(q)
      if otherXQ * otherXQ * qq > xq * xq * otherQQ {
        levels[i] = UInt8(truncatingIfNeeded: q)
        (xq, qq) = (otherXQ, otherQQ)
        hasChanged = true
      }
    }
    if !hasChanged { break }
  }
  return qq > 0 ? xq / qq : 0
}
