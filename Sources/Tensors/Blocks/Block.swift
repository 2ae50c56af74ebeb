/// The layout of one block and the arithmetic that reads it.
///
/// A conforming type is a namespace: static offsets in the order of the fields, the size they end at, and the code.
/// (Structs with inline arrays would mirror the bytes, but debug builds of Swift 6.3.1 crash in their protocol witnesses.)
protocol Block {
  static var format: BlockFormat { get }

  /// Where the last field ends; pinned to `format.blockBytes`.
  static var byteCount: Int { get }

  /// Writes the block's `blockElements` values to `y`, in ggml's order of operations: scales are multiplied first, in
  /// binary32, then the quantized value, then the minimum is added or subtracted, without fused operations.
  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>)
}

/// A block that Assay can also make.
protocol EncodableBlock: Block {
  /// Quantizes the `blockElements` finite values at `x` as ggml's reference quantizer does; with importance, as its
  /// quantizer for importance matrices does, in the formats that have one.
  /// - Returns: false when a scale overflowed binary16.
  static func encode(_ x: UnsafePointer<Float>, importance: Importance?, into block: UnsafeMutableRawPointer) -> Bool

  /// An upper bound of `|x - decoded x|` for every `x` of a block whose values span `range`.
  static func errorBound(over range: ClosedRange<Float>) -> Float
}

extension UnsafeRawPointer {
  /// The little-endian binary16 at `offset`, widened.
  func half(at offset: Int) -> Float {
    Float(Float16(bitPattern: word(at: offset)))
  }

  /// The little-endian word at `offset`.
  func word<Word: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Word {
    Word(littleEndian: loadUnaligned(fromByteOffset: offset, as: Word.self))
  }

  /// The bytes from `offset`.
  func bytes(at offset: Int) -> UnsafePointer<UInt8> { (self + offset).assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawPointer {
  /// Stores `value` as a binary16 at `offset`.
  /// - Returns: false when that overflowed.
  func storeHalf(_ value: Float, at offset: Int) -> Bool {
    let half = Float16(value)
    storeWord(half.bitPattern, at: offset)
    return half.isFinite
  }

  /// Stores two values as binary16, both of them whatever becomes of the first.
  /// - Returns: false when one overflowed.
  func storeHalves(_ first: Float, _ second: Float, at offset: Int, _ secondOffset: Int) -> Bool {
    let isFirstFinite = storeHalf(first, at: offset)
    return storeHalf(second, at: secondOffset) && isFirstFinite
  }

  func storeWord<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
    storeBytes(of: word.littleEndian, toByteOffset: offset, as: Word.self)
  }
}

extension Float {
  /// An upper bound of the error of rounding `self` to binary16; infinite when that overflows.
  var halfPrecisionErrorBound: Float {
    // Half a unit in the last place: 2^-11 of the value, or half the least subnormal.
    magnitude >= 65520 ? .infinity : Swift.max(magnitude * 0x1p-11, 0x1p-25)
  }

  /// `self` truncated to an integer in `0...limit`; not-a-number gives 0.
  func quantum(limit: UInt8) -> UInt8 {
    self >= Float(limit) ? limit : self > 0 ? UInt8(self) : 0
  }
}

extension ClosedRange<Float> {
  /// The largest magnitude in the range.
  var largestMagnitude: Float { Swift.max(lowerBound.magnitude, upperBound.magnitude) }
}
