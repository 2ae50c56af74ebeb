import Tensors
import Testing

@testable import LanguageModels

@Suite struct QuantizerTests {
  /// A tiny model with rows of 96 values, whole blocks of 32 only, and of 256, whole K blocks.
  private func model() throws -> GGUFFile { try TinyTransformer(headSize: 16, feedForward: 256).file() }

  private func quantize(_ file: GGUFFile, _ scheme: String, importance: ImportanceMatrix? = nil) throws -> GGUFFile {
    var bytes: [UInt8] = []
    try GGUFQuantizer(file, scheme: try Scheme(scheme), importance: importance).write(threads: 2) { bytes += $0 }
    return try GGUFFile(bytes: bytes, name: "quantized.gguf")
  }

  @Test(arguments: Scheme.Format.allCases.filter { $0.fileType != nil })
  func `a written file holds what the scheme computes with`(format: Scheme.Format) throws {
    let source = try model()
    let file = try quantize(source, format.rawValue)
    #expect(file.tensors.map(\.name) == source.tensors.map(\.name))
    #expect(file.metadata.keys.filter { source.metadata[$0] != nil } == source.metadata.keys)
    #expect(try file.metadata.unsignedInteger("general.file_type") == format.fileType.map(Int.init))
    guard format != .fp16, format != .bf16 else {
      // The schemes leave the embedding in FP32 for look-up, the files do not: compare values.
      for tensor in source.tensors where tensor.dimensions.count == 2 {
        let written = try #require(file.tensor(named: tensor.name))
        let half: BlockFormat = format == .fp16 ? .f16 : .bf16
        #expect(written.format == half)
        #expect(try file.decode(written) == half.decode(try half.encode(try source.decode(tensor))))
      }
      return
    }
    // The scheme on the original, inputs left alone, and the file as it is: the same logits, bit for bit.
    let scheme = try Scheme("\(format.rawValue):activations=none")
    #expect(try Self.logits(source, scheme) == Self.logits(file, .reference))
  }

  @Test func `tensor types are those of llama.cpp's mixtures`() throws {
    func types(_ scheme: String) throws -> [String: String] {
      Dictionary(uniqueKeysWithValues: try quantize(model(), scheme).tensors.map { ($0.name, $0.type.name) })
    }
    let mixture = try types("q4_k_m")
    #expect(mixture["token_embd.weight"] == "Q8_0")  // tied, and 96 columns are no block of 256
    #expect(mixture["blk.0.attn_q.weight"] == "Q5_0")
    #expect(mixture["blk.1.ffn_down.weight"] == "Q6_K")  // the last eighth has more bits
    #expect(mixture["blk.0.ffn_down.weight"] == "Q4_K")
    #expect(mixture["blk.0.attn_norm.weight"] == "F32")
    #expect(try types("q4_k_m:pure=true")["blk.1.ffn_down.weight"] == "Q4_K")
    #expect(try types("q4_0:skip=blk.0+lm_head")["blk.0.ffn_up.weight"] == "F32")
    #expect(try types("q4_0:skip=blk.0+lm_head")["token_embd.weight"] == "F32")
    #expect(try types("q4_0")["blk.0.ffn_up.weight"] == "Q4_0")
  }

  @Test func `schemes without a GGUF type are refused, and so are unknown modules`() throws {
    for scheme in ["int8", "int4", "fp8-e4m3", "mxfp6", "nvfp4"] {
      #expect(throws: GGUFQuantizerError.self) { try quantize(model(), scheme) }
    }
    #expect(throws: GGUFQuantizerError.self) { try quantize(model(), "q4_0:skip=blk.7") }
  }

  @Test func `an importance matrix is read, checked and used`() throws {
    let name = "blk.0.ffn_down.weight"
    func legacy(_ count: Int, calls: UInt32 = 2, name: String = name) -> [UInt8] {
      func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
      let values = (0..<count).map { Float($0 % 7) * 2 }
      return word(1) + word(UInt32(name.utf8.count)) + Array(name.utf8) + word(calls) + word(UInt32(count))
        + values.flatMap { word($0.bitPattern) }
    }
    let matrix = try ImportanceMatrix(legacy: legacy(256))
    #expect(matrix[name]?.prefix(3) == [0, 1, 2])
    let plain = try quantize(model(), "q4_k_m")
    let important = try quantize(model(), "q4_k_m", importance: matrix)
    let tensor = try #require(plain.tensor(named: name))
    #expect(try plain.decode(tensor) != important.decode(try #require(important.tensor(named: name))))
    let other = try #require(plain.tensor(named: "blk.1.ffn_down.weight"))
    #expect(try plain.decode(other) == important.decode(try #require(important.tensor(named: other.name))))
    #expect(throws: GGUFQuantizerError.self) {
      try quantize(model(), "q4_k_m", importance: try ImportanceMatrix(legacy: legacy(255)))
    }
    let bytes = legacy(256)
    for end in stride(from: 0, to: bytes.count, by: 13) {
      #expect(throws: ImportanceError.self) { try ImportanceMatrix(legacy: Array(bytes[..<end])) }
    }
  }

  /// The logits of a few tokens, as bits.
  private static func logits(_ file: GGUFFile, _ scheme: Scheme) throws -> [UInt32] {
    let configuration = try Configuration(file)
    let profile = try configuration.kernelProfile()
    let pool = WorkerPool(threads: 1)
    let weights = try Weights(file, configuration: configuration, scheme: scheme, profile: profile, pool: pool)
    let forward = Forward(
      configuration: configuration, weights: weights, cacheFormat: .fp32, profile: profile, pool: pool)
    var bits: [UInt32] = []
    _ = forward.step([
      Segment(sequence: TokenSequence(forward, capacity: 8), tokens: [3, 1, 4, 1, 5], outputs: .last)
    ]) { tiles in bits = tiles.token(0).map(\.bitPattern) }
    return bits
  }
}
