// Blocks whose 4-bit values index a table of 16 unevenly spaced levels.

/// The levels of the IQ4 formats (ggml `kvalues_iq4nl`).
let iq4Levels: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

/// The values of a 4-bit float (E2M1, OCP Microscaling Formats 1.0), doubled so that they are whole.
let doubledE2M1Levels: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

/// 32 elements of 4 bits, one scale; nibbles as in `BlockQ4_0`. x = d · level
enum BlockIQ4_NL: Block {
  static let format = BlockFormat.iq4_nl
  static let d = 0
  static let quants = 2
  static let byteCount = 18

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    decodeLevels(block.bytes(at: quants), iq4Levels, scale: block.half(at: d), into: y)
  }
}

/// 256 elements of 4 bits, a 6-bit scale per 32: two bits in a word, four in nibbles. x = (d · (s - 32)) · level
enum BlockIQ4_XS: Block {
  static let format = BlockFormat.iq4_xs
  static let d = 0
  static let highScales = 2
  static let lowScales = 4
  static let quants = 8
  static let byteCount = 136

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let d = block.half(at: d)
    let highScales: UInt16 = block.word(at: highScales)
    let lowScales = block.bytes(at: lowScales)
    for group in 0..<8 {
      let low = lowScales[group / 2] >> UInt8(4 * (group % 2)) & 15
      let high = highScales >> UInt16(2 * group) & 3
      let scale = d * Float(Int32(low) + Int32(high) * 16 - 32)
      decodeLevels(block.bytes(at: quants + 16 * group), iq4Levels, scale: scale, into: y + 32 * group)
    }
  }
}

/// 32 elements of 4 bits (E2M1) with one power-of-two scale (E8M0). x = 2^(e - 128) · doubled level
enum BlockMXFP4: Block {
  static let format = BlockFormat.mxfp4
  static let exponent = 0
  static let quants = 1
  static let byteCount = 17

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    let scale = halfPowerOfTwo(block.bytes(at: exponent)[0])
    decodeLevels(block.bytes(at: quants), doubledE2M1Levels, scale: scale, into: y)
  }
}

/// 64 elements of 4 bits (E2M1) with a scale (unsigned E4M3) per 16. x = (s / 2) · doubled level
///
/// A tensor in this format usually has a second, FP32 scale beside it, which is not part of the blocks.
enum BlockNVFP4: Block {
  static let format = BlockFormat.nvfp4
  static let scales = 0
  static let quants = 4
  static let byteCount = 36

  static func decode(_ block: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>) {
    for group in 0..<4 {
      let scale = halfUE4M3(block.bytes(at: scales)[group])
      let q = block.bytes(at: quants + 8 * group)
      for j in 0..<8 {
        y[16 * group + j] = scale * doubledE2M1Levels[Int(q[j] & 15)]
        y[16 * group + j + 8] = scale * doubledE2M1Levels[Int(q[j] >> 4)]
      }
    }
  }
}

/// 2^(code - 128), half of an E8M0 scale; the two smallest are subnormal (ggml `ggml_e8m0_to_fp32_half`).
func halfPowerOfTwo(_ code: UInt8) -> Float {
  Float(bitPattern: code < 2 ? 0x0020_0000 << UInt32(code) : UInt32(code - 1) << 23)
}

/// Half of an unsigned E4M3 scale; not-a-number counts as zero (ggml `ggml_ue4m3_to_fp32`).
func halfUE4M3(_ code: UInt8) -> Float {
  let (exponent, fraction) = (Int(code >> 3 & 15), Float(code & 7))
  if code == 0x7f { return 0 }
  return exponent == 0
    ? fraction * 0x1p-10 : (8 + fraction) * Float(sign: .plus, exponent: exponent - 11, significand: 1)
}

/// Decodes 16 bytes: their low nibbles are elements 0..<16, their high nibbles elements 16..<32.
private func decodeLevels(
  _ quants: UnsafePointer<UInt8>, _ levels: [Float], scale: Float, into y: UnsafeMutablePointer<Float>
) {
  levels.withUnsafeBufferPointer { levels in
    for j in 0..<16 {
      y[j] = scale * levels[Int(quants[j] & 15)]
      y[j + 16] = scale * levels[Int(quants[j] >> 4)]
    }
  }
}
