import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// Model folders that we write, read again and run.
@Suite struct FolderQuantizerTests {
  private static func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appending(path: "Fixtures/Architectures/\(name)").path
  }

  private static func write(_ name: String, _ scheme: String, to url: URL) throws {
    let quantizer = try FolderQuantizer(try ModelFolder(path: path(name)), scheme: try Scheme(scheme))
    var bytes: [UInt8] = []
    try quantizer.write(threads: 2) { bytes += $0 }
    #expect(bytes.count == quantizer.byteCount)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(bytes).write(to: url.appending(path: "model.safetensors"))
    try Data(quantizer.config.utf8).write(to: url.appending(path: "config.json"))
  }

  /// The weights of an INT8 checkpoint are those of our scheme without rounding of inputs; a 16-bit one's are the
  /// rounded ones.
  @Test(arguments: [
    ("llama", "int8", "int8:activations=none", "w8a8"),
    ("llama", "int8:weights=per-tensor,skip=blk.0", "int8:weights=per-tensor,activations=none,skip=blk.0", nil),
    ("phi3", "int8", nil, nil), ("qwen2", "int8:activations=none", "int8:activations=none", nil),
    ("llama", "fp32", "fp32", nil), ("gpt2", "bf16", nil, nil), ("gemma2", "fp16", nil, nil),
  ])
  func `what is written is what the scheme computes with`(
    name: String, scheme: String, same: String?, layout: String?
  ) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID())")
    defer { try? FileManager.default.removeItem(at: url) }
    try Self.write(name, scheme, to: url)
    let (tokens, exact) = try ArchitectureTests.expected(name)
    let written = try QuantizedCheckpointTests.logits(url.path, tokens)
    if let same {
      let ours = TransformerTests.logits(try ArchitectureTests.forward(name, .folder, scheme: same), tokens)
      let worst = zip(written.joined(), ours.joined()).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(worst < 1e-5)
    }
    let error = QuantizationError(
      approximate: written.joined().map(Double.init), exact: exact.joined().map(Double.init))
    #expect(error.sqnrDecibels > 25, "\(error)")
    let folder = try ModelFolder(path: url.path)
    #expect(TensorCensus(folder).labelWarning == nil)
    #expect(folder.isQuantized == scheme.hasPrefix("int8"))
  }

  @Test(arguments: [
    ("llama", "q4_0"), ("llama", "int8:group=16,activations=none"), ("llama", "int8:rounding=gptq"), ("gpt2", "int8"),
    ("llama", "int8:skip=blk.99"), ("llama", "int8:symmetric=false"), ("llama", "int8:activations=per-tensor"),
  ])
  func `what has no form in a folder is refused`(name: String, scheme: String) throws {
    let folder = try ModelFolder(path: Self.path(name))
    #expect(throws: FolderQuantizerError.self) { try FolderQuantizer(folder, scheme: try Scheme(scheme)) }
  }

  @Test func `a quantized checkpoint is not quantized again`() throws {
    let path = Bundle.module.resourceURL!.appending(path: "Fixtures/Quantized/w8a8").path
    #expect(throws: FolderQuantizerError.self) {
      try FolderQuantizer(try ModelFolder(path: path), scheme: try Scheme("fp16"))
    }
  }

  @Test func `a census counts packed integers as the weights that they stand for, and warns of wrong labels`() throws {
    let plain = TensorCensus(try ModelFolder(path: Self.path("llama")))
    let packed = try ModelFolder(path: Bundle.module.resourceURL!.appending(path: "Fixtures/Quantized/gptq").path)
    #expect(TensorCensus(packed).elements == plain.elements)
    #expect(TensorCensus(packed).bitsPerWeight! < plain.bitsPerWeight!)
    #expect(TensorCensus.label(packed) == "gptq")
    let mislabelled = try TemporaryFolder(copying: "Architectures/llama")
    let url = mislabelled.url.appending(path: "config.json")
    let config = try JSONParser.parse(Array(Data(contentsOf: url)))
    let wrong = config.setting("dtype", to: nil).setting("torch_dtype", to: .string("bfloat16"))
    try Data(wrong.text().utf8).write(to: url)
    let warning = TensorCensus(try ModelFolder(path: mislabelled.path)).labelWarning
    #expect(warning == "labelled bfloat16, but only 0 % of the matrices' weights are BF16")
  }

  @Test func `JSON that is written is read as it was`() throws {
    let text = #"{"a\n\"b\u0001": [1, -2.5, true, null, "é\\", {}, []], "c": {"d": 1e+300}}"#
    let value = try JSONParser.parse(Array(text.utf8))
    #expect(try JSONParser.parse(Array(value.text().utf8)) == value)
  }
}
