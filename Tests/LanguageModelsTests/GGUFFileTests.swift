import Foundation
import LanguageModels
import Tensors
import Testing

@Suite struct `GGUF files` {
  private let mixed: GGUFFile

  init() throws { mixed = try GGUFFile(bytes: fixture("GGUF/mixed.bin")) }

  @Test func `every type of metadata value is read`() throws {
    let metadata = mixed.metadata
    #expect(mixed.version == 3)
    #expect(metadata.keys.first == "general.architecture")
    #expect(metadata["a.uint8"] == .uint8(200))
    #expect(metadata["a.int8"] == .int8(-100))
    #expect(metadata["a.uint16"] == .uint16(60000))
    #expect(metadata["a.int16"] == .int16(-30000))
    #expect(metadata["a.uint32"] == .uint32(4_000_000_000))
    #expect(metadata["a.int32"] == .int32(-2_000_000_000))
    #expect(metadata["a.float32"] == .float32(1.5))
    #expect(metadata["a.bool"] == .bool(true))
    #expect(metadata["a.string"] == .string("grüße, 世界 🌍"))
    #expect(metadata["a.uint64"] == .uint64(1 << 63 + 5))
    #expect(metadata["a.int64"] == .int64(-1 << 62))
    #expect(metadata["a.float64"] == .float64(0.1))
    #expect(metadata["b.bools"] == .array(.bool([true, false, true])))
  }

  @Test func `typed accessors give the value, nil or an error`() throws {
    let metadata = mixed.metadata
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(try metadata.strings("b.strings") == ["", "one", "zwei"])
    #expect(try metadata.integers("b.int32s") == [1, -2, 3])
    #expect(try metadata.floats("b.float32s") == [0.5, -0.25])
    #expect(try metadata.unsignedInteger("a.uint8") == 200)
    #expect(try metadata.float("a.float64") == Float(0.1))
    #expect(try metadata.boolean("a.bool") == true)
    #expect(try metadata.string("absent") == nil)
    #expect(try metadata.required("a.uint32", GGUFMetadata.unsignedInteger) == 4_000_000_000)
    #expect(throws: GGUFError.self) { try metadata.string("a.uint8") }
    #expect(throws: GGUFError.self) { try metadata.unsignedInteger("a.int8") }
    #expect(throws: GGUFError.self) { try metadata.unsignedInteger("a.uint64") }
    #expect(throws: GGUFError(file: "memory", problem: .missingKey("absent"))) {
      try metadata.required("absent", GGUFMetadata.float)
    }
  }

  @Test func `tensors have their shape, type and values`() throws {
    let values = BlockFormat.f32.decode(try fixture("GGUF/mixed.values"))
    let quantized = BlockFormat.f32.decode(try fixture("GGUF/mixed.quantized.values"))
    #expect(mixed.tensors.map(\.name) == ["f32", "vector", "f16", "q4_0", "q8_0"])
    let f16 = try #require(mixed.tensor(named: "f16"))
    #expect(f16.dimensions == [64, 3, 2])
    #expect(f16.format == .f16)
    #expect((f16.rows, f16.columns, f16.byteCount) == (6, 64, 768))
    #expect(try mixed.decode(f16) == values.map { Float(Float16($0)) })
    #expect(try mixed.decode(#require(mixed.tensor(named: "vector"))) == Array(values[..<5]))
    #expect(try mixed.decode(#require(mixed.tensor(named: "f32"))) == Array(values[..<(3 * 64)]))
    #expect(try mixed.decode(#require(mixed.tensor(named: "q4_0"))) == Array(quantized[..<384]))
    #expect(try mixed.decode(#require(mixed.tensor(named: "q8_0"))) == Array(quantized[384...]))
    #expect(mixed.tensor(named: "absent") == nil)
  }

  @Test func `rows are decoded alone`() throws {
    let tensor = try #require(mixed.tensor(named: "q8_0"))
    let all = try mixed.decode(tensor)
    for rows in [0..<6, 2..<3, 4..<6, 3..<3, 6..<6] {
      let part = try [Float](unsafeUninitializedCapacity: 6 * 64) { buffer, count in
        count = rows.count * 64
        try mixed.decode(tensor, rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
      #expect(part == Array(all[rows.lowerBound * 64..<rows.upperBound * 64]))
    }
  }

  @Test func `the writer reproduces gguf-py's file`() throws {
    var writer = GGUFWriter()
    for key in mixed.metadata.keys { writer.set(key, mixed.metadata[key]!) }
    for tensor in mixed.tensors { writer.add(tensor.name, dimensions: tensor.dimensions, type: tensor.type) }
    #expect(try writer.bytes(of: mixed) == fixture("GGUF/mixed.bin"))
  }

  @Test(arguments: [1, 8, 32, 4096]) func `what is written is read`(alignment: Int) throws {
    let nested = GGUFValue.array(.array([.array([.int8([1]), .string(["a", "bc"])]), .uint64([.max]), .float64([])]))
    var writer = GGUFWriter(alignment: alignment)
    writer.set("nested", nested)
    writer.add("w", dimensions: [32, 3], type: GGMLType(.q4_1))
    writer.add("b", dimensions: [3], type: GGMLType(.bf16))
    writer.add("none", dimensions: [0, 3], type: GGMLType(.f32))
    writer.add("scalar", dimensions: [], type: GGMLType(.f32))
    var data: [String: [UInt8]] = ["w": Array(0..<60), "b": Array(0..<6), "none": [], "scalar": [0, 0, 128, 63]]
    var bytes: [UInt8] = []
    writer.write(to: { bytes += $0 }, data: { data.removeValue(forKey: $0.name)! })

    let file = try GGUFFile(bytes: bytes)
    #expect(file.metadata["nested"] == nested)
    #expect(file.tensors.allSatisfy { $0.offset % alignment == 0 })
    #expect(try file.decode(#require(file.tensor(named: "w"))) == BlockFormat.q4_1.decode(Array(0..<60)))
    #expect(try file.decode(#require(file.tensor(named: "none"))) == [])
    #expect(try file.decode(#require(file.tensor(named: "scalar"))) == [1])
  }

  @Test func `version 2 is read like version 3`() throws {
    var bytes = try fixture("GGUF/mixed.bin")
    bytes[4] = 2
    let file = try GGUFFile(bytes: bytes)
    #expect(file.version == 2)
    #expect(file.tensors == mixed.tensors)
  }

  @Test func `a tensor of a type that cannot be decoded is listed and refused`() throws {
    var writer = GGUFWriter()
    writer.add("blk.0.ffn_up.weight", dimensions: [256], type: GGMLType(id: 16))
    var bytes: [UInt8] = []
    writer.write(to: { bytes += $0 }, data: { [UInt8](repeating: 0, count: $0.byteCount) })
    let file = try GGUFFile(bytes: bytes)
    let tensor = try #require(file.tensors.first)
    #expect((tensor.format, tensor.type.name, tensor.byteCount) == (nil, "IQ2_XXS", 66))
    #expect(throws: GGUFError(file: "memory", problem: .unsupportedType(tensor: tensor.name, type: "IQ2_XXS"))) {
      try file.decode(tensor)
    }
  }
}

extension GGUFWriter {
  /// The file of the announced tensors, their bytes taken from `file`.
  func bytes(of file: GGUFFile) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write(
      to: { (piece) throws in bytes += piece },
      data: { (announced) throws in
        let tensor = try #require(file.tensor(named: announced.name))
        return file.withBytes(of: tensor, rows: 0..<tensor.rows) { Array($0) }
      })
    return bytes
  }
}
