// Ternary blocks: 256 elements of -1, 0, 1 with one scale, for models trained so. x = d · q
// Source: ggml `quantize_row_tq1_0_ref`, `quantize_row_tq2_0_ref` and their decoders.

/// Five elements a byte in base 3, scaled so that the leading digit is the top of 3 · byte; the last 16 elements four.
enum BlockTQ1_0: EncodableBlock {
  static let format = BlockFormat.tq1_0
  static let quants = 0
  static let tail = 48
  static let d = 52
  static let byteCount = 54

  /// Runs of bytes: where they lie, how many, the first element, and how many elements apart a byte's digits are.
  private static let runs = [
    (byte: 0, count: 32, element: 0, digits: 5), (byte: 32, count: 16, element: 160, digits: 5),
    (byte: tail, count: 4, element: 240, digits: 4),
  ]
  private static let powers: [UInt8] = [1, 3, 9, 27, 81]

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    for run in runs {
      let bytes = block.bytes(at: run.byte)
      for digit in 0..<run.digits {
        for i in 0..<run.count {
          let q = Int32((UInt16(bytes[i] &* powers[digit]) * 3) >> 8) - 1
          y[run.element + digit * run.count + i] = Float(q) * scale
        }
      }
    }
  }

  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let scale = firstOfLargestMagnitude(x, count: 256).magnitude
    let inverse = scale == 0 ? 0 : 1 / scale
    for run in runs {
      for i in 0..<run.count {
        var number: UInt16 = 0
        for digit in 0..<5 {
          let isThere = digit < run.digits
          number = number * 3 + (isThere ? ternary(x[run.element + digit * run.count + i], inverse) : 0)
        }
        // Rounded up, so that 3 · byte / 256 gives the digits back.
        block.storeWord(UInt8((number * 256 + 242) / 243), at: run.byte + i)
      }
    }
    return block.storeHalf(scale, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { ternaryErrorBound(over: range) }
}

/// Four elements a byte, 32 apart.
enum BlockTQ2_0: EncodableBlock {
  static let format = BlockFormat.tq2_0
  static let quants = 0
  static let d = 64
  static let byteCount = 66

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: d)
    let bytes = block.bytes(at: quants)
    for i in 0..<256 {
      let q = bytes[32 * (i / 128) + i % 32] >> UInt8(2 * (i % 128 / 32)) & 3
      y[i] = Float(Int32(q) - 1) * scale
    }
  }

  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let scale = firstOfLargestMagnitude(x, count: 256).magnitude
    let inverse = scale == 0 ? 0 : 1 / scale
    for half in 0..<2 {
      for l in 0..<32 {
        let q = (0..<4).reduce(UInt16(0)) { $0 | ternary(x[128 * half + 32 * $1 + l], inverse) << UInt16(2 * $1) }
        block.storeWord(UInt8(q), at: quants + 32 * half + l)
      }
    }
    return block.storeHalf(scale, at: d)
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { ternaryErrorBound(over: range) }
}

/// -1, 0 or 1 as 0, 1 or 2; half away from zero. Infinite and not-a-number products come from scales near zero.
private func ternary(_ x: Float, _ inverse: Float) -> UInt16 {
  let q = (x * inverse).rounded(.toNearestOrAwayFromZero)
  return q >= 1 ? 2 : q <= -1 ? 0 : 1
}

private func ternaryErrorBound(over range: ClosedRange<Float>) -> Float {
  range.largestMagnitude * (0.5 + 0x1p-20) + range.largestMagnitude.halfPrecisionErrorBound
}
