/// IEEE binary32, stored as it is.
enum BlockF32: EncodableBlock {
  static let format = BlockFormat.f32
  static let byteCount = 4

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    y[0] = Float(bitPattern: block.word(at: 0))
  }

  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    block.storeWord(x[0].bitPattern, at: 0)
    return true
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { 0 }
}

/// IEEE binary16, rounded to nearest, ties to even; values from 65520 on become infinite.
enum BlockF16: EncodableBlock {
  static let format = BlockFormat.f16
  static let byteCount = 2

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) { y[0] = block.half(at: 0) }

  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    _ = block.storeHalf(x[0], at: 0)
    return true
  }

  static func errorBound(over range: ClosedRange<Float>) -> Float { range.largestMagnitude.halfPrecisionErrorBound }
}

/// bfloat16: the upper half of a binary32, rounded to nearest, ties to even.
enum BlockBF16: EncodableBlock {
  static let format = BlockFormat.bf16
  static let byteCount = 2

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let upper: UInt16 = block.word(at: 0)
    y[0] = Float(bitPattern: UInt32(upper) << 16)
  }

  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool {
    let source = x[0].bitPattern
    // A NaN stays one, and becomes quiet, whatever its payload (ggml `ggml_compute_fp32_to_bf16`).
    let upper = x[0].isNaN ? source >> 16 | 64 : (source + 0x7fff + (source >> 16 & 1)) >> 16
    block.storeWord(UInt16(upper), at: 0)
    return true
  }

  /// 2^-8 of the value, or half the least subnormal; the last half step below infinity overflows.
  static func errorBound(over range: ClosedRange<Float>) -> Float {
    let largest = range.largestMagnitude
    return largest.bitPattern >= 0x7f7f_8000 ? .infinity : max(largest * 0x1p-8, 0x1p-134)
  }
}
