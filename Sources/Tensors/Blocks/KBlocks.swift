// ggml's "k-quants": 256 elements with a scale (and minimum) per 16 or 32, themselves quantized against the block's.
// Source: ggml `dequantize_row_q*_K`; gguf-py 0.19.0 `quants.py`.

/// 2 bits, a 4-bit scale and minimum per 16. x = (d · s) · q - (dmin · m)
enum BlockQ2_K: Block {
  static let format = BlockFormat.q2_K
  static let scales = 0
  static let quants = 16
  static let d = 80
  static let dmin = 82
  static let byteCount = 84

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let dmin = block.half(at: dmin)
    let scales = block.bytes(at: scales)
    for group in 0..<16 {
      let scale = d * Float(scales[group] & 15)
      let minimum = dmin * Float(scales[group] >> 4)
      let place = BitPairs(group)
      let q = block.bytes(at: quants + place.byte)
      for l in 0..<16 { y[16 * group + l] = scale * Float(q[l] >> place.shift & 3) - minimum }
    }
  }
}

/// 3 bits, the third in a mask (clear: subtract 4), a 6-bit scale per 16. x = (d · (s - 32)) · q
enum BlockQ3_K: Block {
  static let format = BlockFormat.q3_K
  static let highMask = 0
  static let quants = 32
  static let scales = 96
  static let d = 108
  static let byteCount = 110

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let scales = block.bytes(at: scales)
    for group in 0..<16 {
      let scale = d * Float(sixBitScale(group, scales) - 32)
      let place = BitPairs(group)
      let q = block.bytes(at: quants + place.byte)
      let mask = block.bytes(at: highMask + 16 * (group % 2))
      for l in 0..<16 {
        let third = mask[l] >> UInt8(group / 2) & 1
        y[16 * group + l] = scale * Float(Int32(q[l] >> place.shift & 3 | third << 2) - 4)
      }
    }
  }

  /// The low four bits of the 16 scales fill bytes 0..<8, the high two bits bytes 8..<12.
  private static func sixBitScale(_ group: Int, _ scales: UnsafePointer<UInt8>) -> Int32 {
    let low = scales[group % 8] >> UInt8(4 * (group / 8)) & 15
    let high = scales[8 + group % 4] >> UInt8(2 * (group / 4)) & 3
    return Int32(low | high << 4)
  }
}

/// 4 bits, a 6-bit scale and minimum per 32. x = (d · s) · q - (dmin · m)
enum BlockQ4_K: Block {
  static let format = BlockFormat.q4_K
  static let d = 0
  static let dmin = 2
  static let scales = 4
  static let quants = 16
  static let byteCount = 144

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let dmin = block.half(at: dmin)
    let scales = SixBitScales(block.bytes(at: scales))
    for group in 0..<8 {
      let scale = d * Float(scales.scale(group))
      let minimum = dmin * Float(scales.minimum(group))
      let shift = UInt8(4 * (group % 2))
      let q = block.bytes(at: quants + 32 * (group / 2))
      for l in 0..<32 { y[32 * group + l] = scale * Float(q[l] >> shift & 15) - minimum }
    }
  }
}

/// As `BlockQ4_K` with a fifth bit: bit g of high byte l belongs to element l of group g.
enum BlockQ5_K: Block {
  static let format = BlockFormat.q5_K
  static let d = 0
  static let dmin = 2
  static let scales = 4
  static let high = 16
  static let quants = 48
  static let byteCount = 176

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let dmin = block.half(at: dmin)
    let scales = SixBitScales(block.bytes(at: scales))
    let high = block.bytes(at: high)
    for group in 0..<8 {
      let scale = d * Float(scales.scale(group))
      let minimum = dmin * Float(scales.minimum(group))
      let shift = UInt8(4 * (group % 2))
      let q = block.bytes(at: quants + 32 * (group / 2))
      for l in 0..<32 {
        let fifth = high[l] >> UInt8(group) & 1
        y[32 * group + l] = scale * Float(q[l] >> shift & 15 | fifth << 4) - minimum
      }
    }
  }
}

/// 6 bits (nibbles, then bit pairs), a signed 8-bit scale per 16. x = (d · s) · (q - 32)
enum BlockQ6_K: Block {
  static let format = BlockFormat.q6_K
  static let low = 0
  static let high = 128
  static let scales = 192
  static let d = 208
  static let byteCount = 210

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let scales = block.bytes(at: scales)
    for group in 0..<16 {
      let scale = d * Float(Int8(bitPattern: scales[group]))
      // Each half of 128 elements has 64 bytes of nibbles, the low nibbles first.
      let nibbles = block.bytes(at: low + 64 * (group / 8) + 16 * (group % 4))
      let shift = UInt8(4 * (group % 8 / 4))
      let place = BitPairs(group)
      let pairs = block.bytes(at: high + place.byte)
      for l in 0..<16 {
        let q = nibbles[l] >> shift & 15 | (pairs[l] >> place.shift & 3) << 4
        y[16 * group + l] = scale * Float(Int32(q) - 32)
      }
    }
  }
}

/// Where 16 consecutive elements find their bit pairs: each half of 128 elements has 32 bytes, each byte four pairs.
private struct BitPairs {
  let byte: Int
  let shift: UInt8

  init(_ group: Int) {
    byte = 32 * (group / 8) + 16 * (group % 2)
    shift = UInt8(2 * (group % 8 / 2))
  }
}

/// Eight 6-bit scales and eight 6-bit minimums in 12 bytes (ggml `get_scale_min_k4`).
private struct SixBitScales {
  private let bytes: UnsafePointer<UInt8>

  init(_ bytes: UnsafePointer<UInt8>) { self.bytes = bytes }

  func scale(_ group: Int) -> UInt8 {
    group < 4 ? bytes[group] & 63 : bytes[group + 4] & 15 | (bytes[group - 4] >> 6) << 4
  }

  func minimum(_ group: Int) -> UInt8 {
    group < 4 ? bytes[group + 4] & 63 : bytes[group + 4] >> 4 | (bytes[group] >> 6) << 4
  }
}
