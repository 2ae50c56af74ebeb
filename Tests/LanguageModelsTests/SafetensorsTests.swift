import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

@Suite struct SafetensorsTests {
  private let types: [UInt8]

  init() throws { types = try fixture("Safetensors/types.safetensors") }

  /// All values of a file, tensor by tensor.
  private func values(_ bytes: [UInt8]) throws(SafetensorsError) -> [String: [Float]] {
    let file = try SafetensorsFile(bytes: bytes, name: "x.safetensors")
    var values: [String: [Float]] = [:]
    for tensor in file.tensors {
      let count = tensor.shape.reduce(1, *)
      let buffer = AlignedBuffer<Float>(count: count)
      file.decode(tensor, elements: 0..<count, into: buffer.slice(0..<count))
      values[tensor.name] = (0..<count).map { buffer[$0] }
    }
    return values
  }

  @Test func `every element type is read as torch reads it`() throws {
    let ours = try values(types)
    let expected = try fixture("Safetensors/types.f32")
    var offset = 0
    for type in ElementType.allCases {
      let tensor = try #require(ours[type.rawValue])
      for value in tensor {
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(expected[offset + $1]) << (8 * $1) }
        let other = Float(bitPattern: bits)
        #expect(value == other || value.isNaN && other.isNaN, "\(type): \(value), torch \(other)")
        offset += 4
      }
    }
    #expect(offset == expected.count)
    #expect(ours["scalar"] == [1.5] && ours["empty"] == [])
  }

  // MARK: Hostile files

  private func file(_ header: String, data: Int = 8) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 1, count: data)
  }

  private func problem(_ bytes: [UInt8]) -> SafetensorsError.Problem? {
    do throws(SafetensorsError) {
      _ = try values(bytes)
      return nil
    } catch {
      return error.problem
    }
  }

  private func tensor(_ name: String, _ shape: String, _ begin: Int, _ end: Int, type: String = "F32") -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }

  @Test func `each check names what is wrong`() {
    #expect(problem(file("{\(tensor("a", "[2]", 0, 8))}")) == nil)
    #expect(problem([1, 2, 3]) == .truncated(needed: 8, available: 3))
    #expect(problem([UInt8](repeating: 0xff, count: 16)) == .longHeader(.max))
    #expect(problem([200, 0, 0, 0, 0, 0, 0, 0, 0x7b]) == .truncated(needed: 208, available: 9))
    #expect(problem(file("[1]")) == .header(JSONError(offset: 0, expected: "an object")))
    #expect(problem(file("{\"a\":{\"dtype\":\"F32\"}}")) == .malformedEntry(tensor: "a"))
    #expect(problem(file("{\(tensor("a", "[2]", 0, 8, type: "Q7"))}")) == .unknownType(tensor: "a", type: "Q7"))
    #expect(problem(file("{\(tensor("a", "[3]", 0, 8))}")) == .wrongSize(tensor: "a", shape: [3], bytes: 8))
    let huge = "[4294967296,4294967296]"
    #expect(
      problem(file("{\(tensor("a", huge, 0, 8))}"))
        == .wrongSize(tensor: "a", shape: [4_294_967_296, 4_294_967_296], bytes: 8))
    #expect(problem(file("{\(tensor("a", "[4]", 0, 16))}")) == .pastEnd(tensor: "a", offset: 16, available: 8))
    #expect(problem(file("{\(tensor("a", "[-2]", 0, 8))}")) == .malformedEntry(tensor: "a"))
    #expect(
      problem(file("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[1]", 4, 8))}"))
        == .notContiguous(tensor: "b", expected: 8, actual: 4))
    #expect(problem(file("{\(tensor("a", "[1]", 4, 8))}")) == .notContiguous(tensor: "a", expected: 0, actual: 4))
    #expect(problem(file("{\(tensor("a", "[1]", 0, 4))}")) == .trailingBytes(4))
    if case .header = problem(file("{\(tensor("a", "[1]", 0, 4)),\(tensor("a", "[1]", 4, 8))}")) {
    } else {
      Issue.record("a name that is there twice must be refused")
    }
    if case .header = problem(file(String(repeating: "[", count: 100_000))) {
    } else {
      Issue.record("deep nesting must be refused")
    }
  }

  @Test func `a file cut at any byte is an error`() {
    for count in 0..<types.count { #expect(problem(Array(types[..<count])) != nil, "\(count) bytes") }
  }

  @Test(arguments: 0..<300) func `flipped bytes never crash`(seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    var bytes = types
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      bytes[Int.random(in: 0..<1600, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    _ = problem(bytes)
  }

  @Test func `shards are found through the index, and nothing outside the folder is`() throws {
    let folder = try TemporaryFolder(copying: "Architectures/llama")
    let manager = FileManager.default
    try manager.moveItem(
      at: folder.url.appending(path: "model.safetensors"),
      to: folder.url.appending(path: "model-00001-of-00001.safetensors"))
    func write(_ index: String) throws {
      try Data(index.utf8).write(to: folder.url.appending(path: "model.safetensors.index.json"))
    }
    try write("{\"weight_map\":{\"lm_head.weight\":\"model-00001-of-00001.safetensors\"}}")
    #expect(try ModelFolder(path: folder.path + "/").dimensions(of: "lm_head.weight") == [32, 96])
    for index in [
      "{\"weight_map\":{\"a\":\"../model.safetensors\"}}", "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "{}",
      "{\"weight_map\":{\"a\":\"model-00002-of-00002.safetensors\"}}", "{\"weight_map\":{\"a\":3}}", "[",
    ] {
      try write(index)
      #expect(throws: ModelFolderError.self) { try ModelFolder(path: folder.path) }
    }
  }
}
