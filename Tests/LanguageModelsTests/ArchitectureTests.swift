import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// Every architecture against transformers, from both kinds of files, on tiny models with random weights.
@Suite struct ArchitectureTests {
  static let models = [
    "llama", "llama-tied-bias", "llama31", "linear", "yarn", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "gpt2",
    "gptneox", "gptneox-sequential", "phi3", "phi3-longrope",
  ]

  enum Kind: String, CaseIterable { case folder, gguf }

  static func forward(
    _ name: String, _ kind: Kind, scheme: String = "fp32", calibration: CalibrationPrompts = .none
  ) throws -> Forward {
    let path = Bundle.module.resourceURL!.appending(path: "Fixtures/Architectures/\(name)").path
    let source: any TensorSource
    let configuration: Configuration
    switch kind {
    case .folder:
      let folder = try ModelFolder(path: path)
      (source, configuration) = (folder, try Configuration(folder))
    case .gguf:
      let file = try GGUFFile(path: path + "/model.gguf")
      (source, configuration) = (file, try Configuration(file))
    }
    try Weights.checkMatrices(source, configuration)
    let pool = WorkerPool(threads: 2)
    let profile = try configuration.kernelProfile()
    let weights = try Weights(
      source, configuration: configuration, scheme: Scheme(scheme), calibration: calibration, profile: profile,
      pool: pool)
    return Forward(
      configuration: configuration, weights: weights, cacheFormat: try Scheme(scheme).cache, profile: profile,
      pool: pool)
  }

  static func expected(_ name: String) throws -> (tokens: [TokenID], logits: [[Float]]) {
    let tokens = try JSONDecoder().decode([TokenID].self, from: Data(fixture("Architectures/\(name)/tokens.json")))
    let bytes = try fixture("Architectures/\(name)/logits.bin")
    let values = bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    let width = values.count / tokens.count
    return (tokens, tokens.indices.map { Array(values[$0 * width..<($0 + 1) * width]) })
  }

  @Test(arguments: models, Kind.allCases)
  func `logits agree with transformers to 1e-4`(name: String, kind: Kind) throws {
    let (tokens, logits) = try Self.expected(name)
    let ours = TransformerTests.logits(try Self.forward(name, kind), tokens)
    #expect(ours.count == logits.count)
    var worst: Float = 0
    for (row, exact) in zip(ours, logits) {
      for (a, b) in zip(row, exact) { worst = max(worst, abs(a - b)) }
    }
    #expect(worst < 1e-4)
    print("\(name) \(kind): largest difference of logits \(worst)")
  }

  @Test(arguments: models)
  func `the key/value cache gives the bits of the whole text`(name: String) throws {
    let tokens = try Self.expected(name).tokens
    let forward = try Self.forward(name, .folder)
    let whole = TransformerTests.logits(forward, tokens)
    let sequence = TokenSequence(forward, capacity: tokens.count)
    for (token, row) in zip(tokens, whole) {
      var logits: [Float] = []
      _ = forward.step([Segment(sequence: sequence, tokens: [token])]) { logits = $0.token(0) }
      #expect(logits == row)
    }
  }

  @Test(arguments: models)
  func `a file and a folder of one model are quantized alike`(name: String) throws {
    let tokens = try Self.expected(name).tokens
    let (folder, file) = (
      TransformerTests.logits(try Self.forward(name, .folder, scheme: "int8"), tokens),
      TransformerTests.logits(try Self.forward(name, .gguf, scheme: "int8"), tokens)
    )
    for (a, b) in zip(folder.joined(), file.joined()) { #expect(abs(a - b) < 0.05) }
  }

  @Test(arguments: [
    ("q8_0", 20.0), ("fp8-e4m3", 10), ("int8:outliers=2.0", 20),
    ("int8:smoothquant=0.5,smooth=all,activations=static", 15),
    ("int8:rounding=gptq", 20), ("int4:group=8,rounding=gptq", 5), ("int4:group=8,awq=scales+clips", 5),
  ])
  func `formats and calibration come near the reference on every architecture`(scheme: String, decibels: Double) throws
  {
    for name in Self.models {
      let (tokens, exact) = try Self.expected(name)
      // Reading a text as several prompts gives other positions, as calibration prompts do.
      let prompts = CalibrationPrompts(prompts: [tokens, Array(tokens.reversed()), Array(tokens.suffix(5))])
      let ours = TransformerTests.logits(
        try Self.forward(name, .folder, scheme: scheme, calibration: prompts), tokens)
      let error = QuantizationError(
        approximate: ours.joined().map(Double.init), exact: exact.joined().map(Double.init))
      #expect(error.sqnrDecibels > decibels, "\(name): \(error)")
      #expect(error.maxAbsolute > 0)
    }
  }

  @Test(arguments: [
    ("\"model_type\": \"llama\"", "\"model_type\": \"mamba\""),
    ("\"num_attention_heads\": 4", "\"num_attention_heads\": 0"),
    ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"), ("\"hidden_size\": 32", "\"hidden_size\": 1e30"),
    ("\"hidden_act\": \"silu\"", "\"hidden_act\": \"relu\""), ("\"rope_theta\": 500.0", "\"rope_theta\": 0"),
    ("\"rope_type\": \"default\"", "\"rope_type\": \"spiral\""), ("\"vocab_size\": 96", "\"vocab_size\": 95"),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"), ("\"hidden_size\": 32", "\"hidden_size\": null"),
  ])
  func `a config.json that makes no sense is refused`(old: String, new: String) throws {
    let folder = try TemporaryFolder(copying: "Architectures/llama")
    let config = try String(contentsOfFile: folder.path + "/config.json", encoding: .utf8)
    #expect(config.contains(old))
    try Data(config.replacing(old, with: new).utf8).write(to: folder.url.appending(path: "config.json"))
    #expect(throws: ModelError.self) {
      let model = try ModelFolder(path: folder.path)
      try Weights.checkMatrices(model, Configuration(model))
    }
  }
}

/// A folder that is gone when its last user is.
final class TemporaryFolder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// A copy of a folder of fixtures.
  convenience init(copying name: String) throws {
    try self.init()
    let source = Bundle.module.resourceURL!.appending(path: "Fixtures/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path) {
      try FileManager.default.copyItem(at: source.appending(path: file), to: url.appending(path: file))
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
