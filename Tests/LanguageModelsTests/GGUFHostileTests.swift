import LanguageModels
import Testing

@Suite struct `Hostile GGUF files` {
  private let mixed: [UInt8]

  init() throws { mixed = try fixture("GGUF/mixed.bin") }

  /// Opens the file and uses all of it; only a `GGUFError` may come out.
  private func use(_ bytes: [UInt8]) throws(GGUFError) {
    let file = try GGUFFile(bytes: bytes)
    for tensor in file.tensors where tensor.format != nil { _ = try file.decode(tensor) }
  }

  private func problem(_ bytes: [UInt8]) -> GGUFError.Problem? {
    do throws(GGUFError) {
      try use(bytes)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test func `a file cut at any byte is an error, and says so`() {
    for count in 0..<mixed.count {
      let problem = problem(Array(mixed[..<count]))
      switch problem {
      case .truncated, .absurdCount, .pastEnd: break
      case .wrongMagic: #expect(count < 4)
      case nil: #expect(count >= mixed.count - 8, "only the padding after the last tensor can be missed")
      default: Issue.record("\(count) bytes: \(String(describing: problem))")
      }
    }
  }

  @Test(arguments: 0..<400) func `flipped bytes never crash`(seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    var bytes = mixed
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      bytes[Int.random(in: 0..<1400, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    _ = problem(bytes)
  }

  @Test(arguments: 0..<100) func `random words in place of lengths never crash`(seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    let words: [UInt64] = [.max, .max / 2, 1 << 63, 1 << 62, 1 << 32, UInt64(UInt32.max), UInt64(mixed.count), 0, 1, 8]
    var bytes = mixed
    for _ in 0..<2 {
      let place = Int.random(in: 4..<1400, using: &random)
      bytes.replaceSubrange(place..<place + 8, with: littleEndian(words.randomElement(using: &random)!))
    }
    _ = problem(bytes)
  }

  // MARK: Each check, with the place it names

  /// A header with so many tensors and keys, and what follows.
  private func file(tensors: UInt64 = 0, keys: UInt64 = 0, _ rest: [UInt8]...) -> [UInt8] {
    Array("GGUF".utf8) + littleEndian(UInt32(3)) + littleEndian(tensors) + littleEndian(keys) + rest.joined()
  }

  private func string(_ text: String) -> [UInt8] { littleEndian(UInt64(text.utf8.count)) + text.utf8 }

  private func pair(_ key: String, type: UInt32, _ value: [UInt8]) -> [UInt8] {
    string(key) + littleEndian(type) + value
  }

  private func entry(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) -> [UInt8] {
    string(name) + littleEndian(UInt32(dimensions.count)) + dimensions.flatMap { littleEndian($0) }
      + littleEndian(type) + littleEndian(offset)
  }

  private let data = [UInt8](repeating: 0, count: 256)

  @Test func `the header is checked`() {
    #expect(problem([]) == .wrongMagic(found: []))
    #expect(problem(Array("GGML".utf8) + data) == .wrongMagic(found: Array("GGML".utf8)))
    #expect(problem(Array("GGUF".utf8) + [0, 0, 0, 3] + data) == .bigEndian)
    #expect(problem(Array("GGUF".utf8) + littleEndian(UInt32(1)) + data) == .unsupportedVersion(1))
    #expect(problem(Array("GGUF".utf8) + littleEndian(UInt32(4)) + data) == .unsupportedVersion(4))
    #expect(problem(Array("GGUF".utf8) + [3]) == .truncated(reading: "the version", offset: 4, needed: 4, available: 1))
    #expect(
      problem(file(tensors: .max)) == .absurdCount(of: "tensors", offset: 8, count: .max, limit: 0))
    #expect(
      problem(file(keys: 1 << 40, data))
        == .absurdCount(of: "metadata keys", offset: 16, count: 1 << 40, limit: 256 / 13))
    #expect(problem(file()) == nil)
  }

  @Test func `metadata is checked`() {
    let one = pair("k", type: 4, littleEndian(UInt32(1)))
    #expect(problem(file(keys: 2, one, one)) == .duplicateKey("k", offset: 41))
    #expect(
      problem(file(keys: 1, pair("k", type: 13, littleEndian(UInt32(1)))))
        == .unknownValueType(key: "k", id: 13, offset: 33))
    #expect(
      problem(file(keys: 1, littleEndian(UInt64(1)), [0xff], data))
        == .invalidUTF8(reading: "a metadata key", offset: 24))
    #expect(
      problem(file(keys: 1, pair("k", type: 8, littleEndian(UInt64.max))))
        == .absurdCount(of: "bytes in the value of 'k'", offset: 37, count: .max, limit: 0))
    #expect(
      problem(file(keys: 1, pair("k", type: 9, littleEndian(UInt32(10)) + littleEndian(UInt64(1) << 61)), data))
        == .absurdCount(of: "elements of 'k'", offset: 41, count: 1 << 61, limit: 32))
    let nested = littleEndian(UInt32(9)) + littleEndian(UInt64(1))
    let deep = Array([[UInt8]](repeating: nested, count: 5000).joined())
    #expect(problem(file(keys: 1, pair("k", type: 9, deep))) == .nestedTooDeeply(key: "k", offset: 37 + 8 * 12))
    #expect(
      problem(file(keys: 1, pair("general.alignment", type: 4, littleEndian(UInt32(24))))) == .badAlignment(24))
    #expect(
      problem(file(keys: 1, pair("general.alignment", type: 10, littleEndian(UInt64(1) << 40))))
        == .badAlignment(1 << 40))
    #expect(
      problem(file(keys: 1, pair("general.alignment", type: 5, littleEndian(Int32(-1)))))
        == .wrongValueType(
          key: "general.alignment", expected: "a non-negative integer", actual: "the integer -1"))
  }

  @Test func `the tensor table is checked`() {
    #expect(
      problem(file(tensors: 1, entry("t", [1, 1, 1, 1, 1]), data))
        == .tooManyDimensions(tensor: "t", count: 5, offset: 33))
    #expect(
      problem(file(tensors: 1, entry("t", [1 << 32, 1 << 32]), data))
        == .shapeOverflow(tensor: "t", dimensions: [1 << 32, 1 << 32]))
    #expect(
      problem(file(tensors: 1, entry("t", [.max]), data)) == .shapeOverflow(tensor: "t", dimensions: [.max]))
    #expect(
      problem(file(tensors: 1, entry("t", [1 << 62]), data)) == .shapeOverflow(tensor: "t", dimensions: [1 << 62]))
    #expect(
      problem(file(tensors: 2, entry("t", [1 << 55], type: 99), entry("u", [1 << 55, 2], type: 99), data))
        == .shapeOverflow(tensor: "u", dimensions: [1 << 55, 2]))
    #expect(
      problem(file(tensors: 1, entry("t", [33, 2], type: 2), data))
        == .partialBlock(tensor: "t", rowLength: 33, type: "Q4_0", blockElements: 32))
    #expect(
      problem(file(tensors: 1, entry("t", [4], offset: 4), data)) == .misaligned(tensor: "t", offset: 4, alignment: 32))
    #expect(
      problem(file(tensors: 1, entry("t", [1024]), data))
        == .pastEnd(tensor: "t", offset: 0, needed: 4096, fileBytes: 57 + 256))
    #expect(
      problem(file(tensors: 1, entry("t", [1], offset: 1 << 63), data))
        == .pastEnd(tensor: "t", offset: 1 << 63, needed: 4, fileBytes: 57 + 256))
    #expect(
      problem(file(tensors: 1, entry("t", [1], type: 99, offset: 1 << 20), data))
        == .pastEnd(tensor: "t", offset: 1 << 20, needed: 0, fileBytes: 57 + 256))
    #expect(
      problem(file(tensors: 2, entry("t", [1]), entry("t", [1]), data)) == .duplicateTensor("t"))
    #expect(problem(file(tensors: 1, entry("t", [1, 2, 3]), data)) == nil)
  }

  @Test func `names from the file cannot write to the terminal`() {
    let name = "\u{1b}[2J\n" + String(repeating: "x", count: 100_000)
    #expect {
      try GGUFFile(bytes: file(tensors: 1, entry(name, [1024])))
    } throws: {
      let message = String(describing: $0)
      return message.contains("'\\u{1B}[2J\\n") && !message.contains("\u{1b}") && message.count < 300
    }
  }

  @Test func `every message names the file, and fits in a line`() {
    for bytes in [[], Array(mixed[..<100]), file(tensors: 1, entry("t", [1024]), data)] {
      #expect {
        try GGUFFile(bytes: bytes, name: "model.gguf")
      } throws: {
        let message = String(describing: $0)
        return message.hasPrefix("model.gguf: ") && !message.contains("\n")
      }
    }
  }
}

private func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A seeded generator for property tests (Steele, Lea and Flood 2014), so that a failing case is its seed.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
