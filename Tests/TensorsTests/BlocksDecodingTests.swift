import Tensors
import Testing

@Suite struct `Decoding blocks` {
  @Test(arguments: BlockFormat.allCases)
  func `every value of random blocks equals gguf-py's, bit for bit`(format: BlockFormat) throws {
    let expected = try blockFixtureFloats("\(format.name).values")
    let decoded = format.decode(try blockFixture("\(format.name).blocks"))
    #expect(expected.count > 0)
    #expect(zip(bits(decoded), bits(expected)).filter { $0 != $1 }.count == 0)
    #expect(decoded.count == expected.count)
  }

  /// The golden table of the specification: bytes (37·i + 11) & 255 with the scales patched.
  struct Golden: Sendable {
    let format: BlockFormat
    let halves: [Int: Float16]
    let first: [Float]
    let sixteenth: [Float]
    let middle: Float
    let last: Float
    let sum: Double
  }

  static let goldens: [Golden] = [
    Golden(
      format: .q4_0, halves: [0: 0.5], first: [-1.5, 1, 3.5, -2], sixteenth: [-1.5, -0.5], middle: -1.5, last: 0,
      sum: -10.5),
    Golden(
      format: .q4_1, halves: [0: 0.5, 2: -1.25], first: [6.25, 0.75, 3.25, 5.75], sixteenth: [3.25, 4.75],
      middle: 3.25, last: 4.75, sum: 82.5),
    Golden(
      format: .q5_0, halves: [0: 0.25], first: [2.25, -0.5, 0.75, -2], sixteenth: [3.5, 0], middle: 3.5, last: 0.25,
      sum: 3.75),
    Golden(
      format: .q5_1, halves: [0: 0.25, 2: -2], first: [2.75, 4, 5.25, 2.5], sixteenth: [2.75, -0.75], middle: 2.75,
      last: -0.75, sum: 62.25),
    Golden(
      format: .q8_0, halves: [0: 0.125], first: [10.625, 15.25, -12.125, -7.5], sixteenth: [-11.375, -6.75],
      middle: -11.375, last: -6, sum: -22),
    Golden(
      format: .q2_K, halves: [80: 0.5, 82: 0.25], first: [16.5, 0, 5.5, 11], sixteenth: [-0.75, -0.75], middle: 3.75,
      last: 2.25, sum: 1029.5),
    Golden(
      format: .q3_K, halves: [108: 0.125], first: [10.125, -13.5, 3.375, -6.75], sixteenth: [-12, 16], middle: 0.25,
      last: 5.25, sum: 119.75),
    Golden(
      format: .q4_K, halves: [0: 0.5, 2: 0.25], first: [157.75, -12.75, 64.75, 142.25], sixteenth: [157.75, -12.75],
      middle: 211.5, last: 24.25, sum: 27220),
    Golden(
      format: .q5_K, halves: [0: 0.5, 2: 0.25], first: [405.75, -12.75, 312.75, 142.25], sixteenth: [405.75, -12.75],
      middle: 523.5, last: 54.25, sum: 58108),
    Golden(
      format: .q6_K, halves: [208: 0.0625], first: [-89.4375, 106, 36.4375, -33.125], sixteenth: [-27, 32],
      middle: -21.9375, last: -3.75, sum: 288.25),
    Golden(
      format: .iq4_nl, halves: [0: 0.5], first: [-17.5, 12.5, 56.5, -24.5], sixteenth: [-17.5, -5], middle: -17.5,
      last: 0.5, sum: -128.5),
    Golden(
      format: .iq4_xs, halves: [0: 0.125], first: [8.125, -0.125, -8.625, 10.375], sixteenth: [8.125, 4.375],
      middle: -73.125, last: -2, sum: -1375.625),
    Golden(
      format: .mxfp4, halves: [:], first: [0, 3, -1, -6], sixteenth: [1.5, 3], middle: 1.5, last: 3, sum: 12.5),
  ]

  @Test(arguments: goldens)
  func `the patterned block has the golden values`(golden: Golden) {
    var bytes = (0..<golden.format.blockBytes).map { UInt8((37 * $0 + 11) & 255) }
    for (offset, value) in golden.halves {
      bytes[offset] = UInt8(value.bitPattern & 255)
      bytes[offset + 1] = UInt8(value.bitPattern >> 8)
    }
    if golden.format == .mxfp4 { bytes[0] = 127 }
    let y = golden.format.decode(bytes)
    #expect(y.count == golden.format.blockElements)
    #expect(Array(y[..<4]) == golden.first)
    #expect(Array(y[16...17]) == golden.sixteenth)
    #expect(y[y.count / 2] == golden.middle)
    #expect(y.last == golden.last)
    #expect(y.reduce(0.0) { $0 + Double($1) } == golden.sum)
  }

  @Test func `the two smallest and the largest MXFP4 scales are powers of two`() {
    // The low nibble 2 is a doubled level of 2, so the first value is twice the scale.
    for (exponent, scale): (UInt8, Float) in [(0, 0x1p-128), (1, 0x1p-127), (2, 0x1p-126), (255, 0x1p127)] {
      let y = BlockFormat.mxfp4.decode([exponent] + [UInt8](repeating: 0x02, count: 16))
      #expect(y[0] == 2 * scale)
    }
  }

  @Test(arguments: BlockFormat.allCases)
  func `blocks decode from unaligned bytes`(format: BlockFormat) throws {
    let bytes = try blockFixture("\(format.name).blocks")
    let expected = try blockFixtureFloats("\(format.name).values")
    let shifted = [0] + bytes
    let decoded = [Float](unsafeUninitializedCapacity: expected.count) { buffer, count in
      shifted.withUnsafeBytes { source in
        format.decode(
          UnsafeRawBufferPointer(rebasing: source[1...]), into: .init(rebasing: buffer[..<expected.count]))
      }
      count = expected.count
    }
    #expect(bits(decoded) == bits(expected))
  }

  @Test(arguments: BlockFormat.allCases, 0..<8)
  func `no bit pattern crashes the decoder`(format: BlockFormat, seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    let bytes = (0..<(3 * format.blockBytes)).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(format.decode(bytes).count == 3 * format.blockElements)
  }

  @Test(arguments: BlockFormat.allCases)
  func `byte counts refuse partial blocks and overflow`(format: BlockFormat) {
    #expect(format.byteCount(elements: 0) == 0)
    #expect(format.byteCount(elements: 3 * format.blockElements) == 3 * format.blockBytes)
    #expect(format.byteCount(elements: -format.blockElements) == nil)
    if format.blockElements > 1 { #expect(format.byteCount(elements: 3 * format.blockElements + 1) == nil) }
    if format.blockBytes > format.blockElements {
      #expect(format.byteCount(elements: Int.max - Int.max % format.blockElements) == nil)
    }
  }
}
