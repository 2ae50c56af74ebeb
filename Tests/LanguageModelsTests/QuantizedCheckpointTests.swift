import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// Checkpoints that were quantized before they were saved, against transformers with the weights that NumPy dequantized.
@Suite struct QuantizedCheckpointTests {
  static let checkpoints = [
    "gptq", "gptq-act-order", "gptq-v2-8bit", "awq", "w4a16", "w4a16-asymmetric", "w8a8", "fp8", "bitsandbytes",
  ]

  static func logits(_ path: String, _ tokens: [TokenID]) throws -> [[Float]] {
    let folder = try ModelFolder(path: path)
    let configuration = try Configuration(folder)
    try Weights.checkMatrices(folder, configuration)
    let pool = WorkerPool(threads: 2)
    let profile = try configuration.kernelProfile()
    let weights = try Weights(
      folder, configuration: configuration, scheme: .reference, profile: profile, pool: pool)
    let forward = Forward(
      configuration: configuration, weights: weights, cacheFormat: .fp32, profile: profile, pool: pool)
    return TransformerTests.logits(forward, tokens)
  }

  @Test(arguments: checkpoints)
  func `logits are those of the dequantized weights to 1e-4`(name: String) throws {
    let tokens = try ArchitectureTests.expected("llama").tokens
    let bytes = try fixture("Quantized/\(name)/logits.bin")
    let expected = bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    let path = Bundle.module.resourceURL!.appending(path: "Fixtures/Quantized/\(name)").path
    let ours = Array(try Self.logits(path, tokens).joined())
    #expect(ours.count == expected.count)
    let worst = zip(ours, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(worst < 1e-4)
    let plain = Array(try ArchitectureTests.expected("llama").logits.joined())
    #expect(zip(ours, plain).contains { abs($0 - $1) > 1e-3 }, "quantization changes something")
  }

  @Test(arguments: [
    ("gptq", "\"bits\": 4", "\"bits\": 3"), ("gptq", "\"gptq\"", "\"hqq\""), ("awq", "\"gemm\"", "\"gemv\""),
    ("w4a16", "pack-quantized", "marlin-24"), ("bitsandbytes", "\"load_in_8bit\": true", "\"load_in_4bit\": true"),
    ("gptq", "\"bits\": 4", "\"bits\": 8"), ("w8a8", "\"compressed-tensors\"", "\"bitsandbytes\""),
    ("w8a8", "\"quantization_config\"", "\"notes\""),
  ])
  func `a label that is not known or not true is refused`(name: String, old: String, new: String) throws {
    let folder = try TemporaryFolder(copying: "Quantized/\(name)")
    let config = try String(contentsOfFile: folder.path + "/config.json", encoding: .utf8)
    #expect(config.contains(old))
    try Data(config.replacing(old, with: new).utf8).write(to: folder.url.appending(path: "config.json"))
    #expect(throws: (any Error).self) { try Self.logits(folder.path, [1, 2]) }
  }
}
