import Foundation
import LanguageModels
import Tensors
import Testing

@Suite struct `The real model's file` {
  struct Row: Decodable {
    let name: String
    let dimensions: [Int]
    let type: String
    let offset: Int
    let bytes: Int
    let crc32: UInt32?
  }

  @Test func `its tensor table and values are gguf-py's`() throws {
    let file = try TestModel.open()
    let data = Data(try fixture("GGUF/SmolLM2-135M-Instruct.Q4_1.tensors.json"))
    let rows = try JSONDecoder().decode([Row].self, from: data)
    #expect(file.tensors.map(\.name) == rows.map(\.name))
    for (tensor, row) in zip(file.tensors, rows) {
      #expect(tensor.dimensions == row.dimensions)
      #expect(tensor.type.name == row.type)
      #expect(tensor.offset == row.offset)
      #expect(tensor.byteCount == row.bytes)
      guard let expected = row.crc32 else { continue }
      let decoded = [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
        let rows = row.name == "token_embd.weight" ? 1000..<1010 : 0..<tensor.rows
        count = rows.count * tensor.columns
        try? file.decode(tensor, rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
      #expect(decoded.withUnsafeBytes { crc32($0) } == expected, "\(row.name)")
    }
  }

  @Test func `its metadata is there`() throws {
    let metadata = try TestModel.open().metadata
    #expect(metadata.keys.count == 33)
    #expect(try metadata.required("llama.attention.head_count_kv", GGUFMetadata.unsignedInteger) == 3)
    #expect(try metadata.float("llama.rope.freq_base") == 100_000)
    #expect(try metadata.strings("tokenizer.ggml.tokens")?.count == 49152)
    #expect(try metadata.integers("tokenizer.ggml.token_type")?.count == 49152)
  }
}

/// CRC-32 as in zlib (polynomial 0xEDB88320), eight bits at a time.
private func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  let table = (0..<256).map { (index: UInt32) -> UInt32 in
    var value = index
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    return value
  }
  var crc: UInt32 = ~0
  for byte in bytes { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  return ~crc
}
