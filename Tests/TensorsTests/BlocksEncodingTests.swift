import Tensors
import Testing

private let encodable = BlockFormat.allCases.filter(\.isEncodable)
/// Elements and the formats that gguf-py can quantize.
private let ofGGUFPy: [BlockFormat] = [.f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0]
private let withImportance: [BlockFormat] = [
  .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs,
]

@Suite struct `Encoding blocks` {
  @Test(arguments: ofGGUFPy)
  func `random rows give gguf-py's bytes`(format: BlockFormat) throws {
    let expected = try blockFixture("input.\(format.name).blocks")
    #expect(differingBlocks(try format.encode(blockFixtureFloats("input.values")), expected, format) == [])
  }

  @Test(arguments: encodable.filter { $0.blockElements > 1 })
  func `random rows give llama.cpp's bytes`(format: BlockFormat) throws {
    let expected = try blockFixture("rows.\(format.name).blocks")
    #expect(differingBlocks(try format.encode(blockFixtureFloats("rows.values")), expected, format) == [])
  }

  @Test(arguments: withImportance)
  func `random rows with an importance matrix give llama.cpp's bytes`(format: BlockFormat) throws {
    let expected = try blockFixture("rows.\(format.name).important.blocks")
    let rows = try blockFixtureFloats("rows.values")
    let importance = try blockFixtureFloats("importance.values")
    for start in stride(from: 0, to: rows.count, by: 512) {
      let bytes = try format.encode(Array(rows[start..<start + 512]), importance: importance)
      let first = start / format.blockElements * format.blockBytes
      #expect(differingBlocks(bytes, Array(expected[first..<first + bytes.count]), format) == [], "row \(start / 512)")
    }
  }

  @Test(arguments: [
    (BlockFormat.q4_0, "ddb4e8c6844517296cbcebf8d58334061a6d", 0.00794738095),
    (.q4_1, "f03464c017397bbae8d6934314073a7cccf9e592", 0.0097105316),
    (.q5_0, "ddb0e1c38707c08c09793d53c759d6e09af6570d24ba", 0.00212142572),
    (.q5_1, "c73064c01e3c78f03f73f675c1ac3796290f55f9a8f2db44", 0.00166540899),
    (.q8_0, "e7240023393415e9c5bbd2013350471bdfb0a4c40344675b21d59a8db706557f6d26", 3.23264804e-05),
  ])
  func `the golden row gives the golden bytes and error`(format: BlockFormat, hex: String, error: Double) throws {
    // x = sin(0.7 i)(1 + 0.05 i), i = 0..<32, as float32 bits.
    let x = try blockFixtureFloats("golden.values")
    let bytes = try format.encode(x)
    #expect(hexadecimal(bytes) == hex)
    let squares = zip(x, format.decode(bytes)).map { Double(($1 - $0) * ($1 - $0)) }
    #expect(abs(squares.reduce(0, +) / 32 / error - 1) < 1e-6)
  }

  @Test(arguments: encodable, 0..<24)
  func `the error stays within its bound`(format: BlockFormat, seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    let scale = Float.random(in: -12...4, using: &random)
    let shift = seed % 3 == 0 ? Float.random(in: -2...2, using: &random) : 0
    let x = (0..<format.blockElements * 8).map { _ in
      (Float.random(in: -1...1, using: &random) + shift) * Float.exp10(scale)
    }
    let y = format.decode(try format.encode(x))
    for start in stride(from: 0, to: x.count, by: format.blockElements) {
      let block = x[start..<start + format.blockElements]
      let bound = try #require(format.errorBound(over: block.min()!...block.max()!))
      let worst = block.indices.max { abs(x[$0] - y[$0]) < abs(x[$1] - y[$1]) }!
      #expect(abs(x[worst] - y[worst]) <= bound, "\(x[worst]) became \(y[worst])")
    }
  }

  @Test func `binary16 rounds to nearest even and overflows to infinity`() throws {
    let x: [Float] = [1 + 0x1p-11, 1 + 3 * 0x1p-11, 65519.996, 65520, 0x1p-25, 0x1.000002p-25, -0.0]
    let y = BlockFormat.f16.decode(try BlockFormat.f16.encode(x))
    #expect(bits(y) == bits([1, 1 + 0x1p-9, 65504, .infinity, 0, 0x1p-24, -0.0]))
  }

  @Test func `bfloat16 rounds to nearest even and keeps NaN`() throws {
    let x: [Float] = [1 + 0x1p-8, 1 + 3 * 0x1p-8, 0x1.fffffep127, -.infinity, Float(bitPattern: 0x7f80_0001)]
    let y = BlockFormat.bf16.decode(try BlockFormat.bf16.encode(x))
    #expect(bits(Array(y[..<4])) == bits([1, 1 + 0x1p-6, .infinity, -.infinity]))
    #expect(y[4].isNaN)
  }

  @Test(arguments: encodable.filter { $0.blockElements > 1 })
  func `what is not finite is refused with its place`(format: BlockFormat) {
    for value: Float in [.nan, .infinity, -.infinity] {
      var x = [Float](repeating: 1, count: max(64, format.blockElements))
      x[37] = value
      #expect {
        try format.encode(x)
      } throws: {
        guard case BlockEncodingError.notFinite(index: 37, let found) = $0 else { return false }
        return found.bitPattern == value.bitPattern
      }
    }
  }

  @Test(arguments: encodable.filter { $0.blockElements > 1 && $0 != .mxfp4 && $0 != .nvfp4 })
  func `a scale beyond binary16 is refused with its block`(format: BlockFormat) {
    let n = format.blockElements
    let x = [Float](repeating: 1, count: n) + (0..<n).map { $0 % 32 < 16 ? 3e38 : -3e38 }
    #expect(throws: BlockEncodingError.scaleOverflow(format, blockAt: n)) { try format.encode(x) }
  }

  @Test(arguments: encodable, 0..<6)
  func `extreme magnitudes never crash the encoder`(format: BlockFormat, seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    let x = (0..<format.blockElements * 8).map { _ in
      let bits = UInt32.random(in: 0...UInt32.max, using: &random)
      let value = Float(bitPattern: bits)
      return value.isFinite ? value : 0
    }
    do {
      #expect(try format.encode(x).count == 8 * format.blockBytes)
    } catch {
      guard case .scaleOverflow = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  /// Fitting the scales must pay: the K formats are closer than plain rounding with as many bits and groups as long.
  @Test(arguments: [(BlockFormat.q4_K, BlockFormat.q4_1), (.q5_K, .q5_1), (.iq4_xs, .q4_0), (.iq4_nl, .q4_0)])
  func `fitted scales beat plain rounding`(fitted: BlockFormat, plain: BlockFormat) throws {
    let x = Array(try blockFixtureFloats("rows.values")[5 * 512..<6 * 512])
    func noise(_ format: BlockFormat) throws -> Double {
      zip(x, format.decode(try format.encode(x))).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    #expect(try noise(fitted) < noise(plain))
  }
}

/// The numbers of the blocks whose bytes differ.
private func differingBlocks(_ bytes: [UInt8], _ expected: [UInt8], _ format: BlockFormat) -> [Int] {
  guard bytes.count == expected.count, !bytes.isEmpty else { return [-1] }
  return (0..<bytes.count / format.blockBytes).filter { block in
    let range = block * format.blockBytes..<(block + 1) * format.blockBytes
    return bytes[range] != expected[range]
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension Float {
  fileprivate static func exp10(_ exponent: Float) -> Float {
    var power: Float = 1
    for _ in 0..<Int(abs(exponent)) { power *= 10 }
    return exponent < 0 ? 1 / power : power
  }
}
