import Foundation
import Tensors

@testable import LanguageModels

// The readers of untrusted files as libFuzzer calls them; ASSAY_FUZZ says which. See scripts/fuzz.
// Any input may be refused by an error; none may crash, hang or take memory beyond the limit.

private let reader = ProcessInfo.processInfo.environment["ASSAY_FUZZ"] ?? "gguf"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  switch reader {
  case "gguf": readGGUF(bytes)
  case "safetensors": readSafetensors(bytes)
  case "template": readTemplate(bytes)
  default: readTokenizer(bytes)
  }
  return 0
}

private func readGGUF(_ bytes: [UInt8]) {
  guard let file = try? GGUFFile(bytes: bytes) else { return }
  _ = TensorCensus(file)
  for tensor in file.tensors where tensor.format != nil { _ = try? file.decode(tensor) }
  if let configuration = try? Configuration(file) { try? Weights.checkMatrices(file, configuration) }
  if let tokenizer = try? Tokenizer(file) { use(tokenizer) }
}

private func readSafetensors(_ bytes: [UInt8]) {
  guard let file = try? SafetensorsFile(bytes: bytes) else { return }
  for tensor in file.tensors {
    let count = tensor.shape.reduce(1, *)
    let values = AlignedBuffer<Float>(count: count)
    file.decode(tensor, elements: 0..<count, into: values.slice(0..<count))
  }
}

private func readTokenizer(_ bytes: [UInt8]) {
  guard let json = try? JSONParser.parse(bytes), let file = try? TokenizerFile(json) else { return }
  use(Tokenizer(file, FolderTokens(), vocabularySize: 0))
}

private func readTemplate(_ bytes: [UInt8]) {
  guard let template = try? ChatTemplate(String(decoding: bytes, as: UTF8.self), bos: "<s>", eos: "</s>") else {
    return
  }
  let turns = [("system", "Be brief."), ("user", " a\n"), ("assistant", "<think>b</think>c")]
  _ = try? template.render(turns.map { ChatMessage(role: $0.0, content: $0.1) })
}

private func use(_ tokenizer: Tokenizer) {
  for text in ["Hello <s> w\u{f6}rld  12\n", "\u{65e5}\u{672c} \u{fb01} <mask> name", "<|im_start|>a"] {
    _ = tokenizer.decode(tokenizer.encode(text, parseSpecial: true))
  }
}
