import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// The real model as a Hugging Face folder, made from its GGUF file by the rules of transformers: the same model.
@Suite(.serialized) struct ModelFolderTests {
  @Test func `the real model's file and folder agree: tokens, template, and logits to 1e-4`() throws {
    let model = try RealModel.shared()
    let file = try #require(model.file as? GGUFFile)
    let folder = try TemporaryFolder()
    try FolderWriter(file: file, configuration: model.configuration, folder: folder.path).write()
    let other = try LanguageModel(path: folder.path)
    #expect(other.configuration.vocabularySize == model.configuration.vocabularySize)
    #expect(other.configuration.ropes == model.configuration.ropes)
    #expect(other.tokenizer.endOfGeneration == model.tokenizer.endOfGeneration)
    let rows =
      try fixtureRows("Tokenizers/SmolLM2.jsonl", as: `The real model's tokenizer`.Row.self)
      + fixtureRows("Tokenizers/SmolLM2-mixtures.jsonl", as: `The real model's tokenizer`.Row.self)
    for row in rows {
      let tokens = other.tokenizer.encode(row.text, parseSpecial: true)
      #expect(tokens == row.ids, "\(row.text)")
      #expect(Array(other.tokenizer.decode(tokens).utf8) == Array(row.decoded.utf8), "\(row.text)")
    }
    let messages = [ChatMessage(role: "user", content: "What is the capital of France?")]
    let tokens = try model.tokens(for: messages)
    #expect(try other.tokens(for: messages) == tokens)
    let forward = try model.forward(scheme: .reference, threads: 2)
    let otherForward = try other.forward(scheme: .reference, threads: 2)
    let (ours, theirs) = (TransformerTests.logits(forward, tokens), TransformerTests.logits(otherForward, tokens))
    var worst: Float = 0
    for (a, b) in zip(ours.joined(), theirs.joined()) { worst = max(worst, abs(a - b)) }
    #expect(worst < 1e-4)
    print("SmolLM2: largest difference of logits between file and folder \(worst), \(tokens.count) tokens")
  }
}

/// Writes a Llama-family GGUF file as a folder of transformers, weights as F32.
private struct FolderWriter {
  let file: GGUFFile
  let configuration: Configuration
  let folder: String

  func write() throws {
    let c = configuration
    try save(
      "config.json",
      [
        "model_type": "llama", "vocab_size": c.vocabularySize, "hidden_size": c.width, "num_hidden_layers": c.layers,
        "intermediate_size": c.feedForwardWidth, "num_attention_heads": c.heads, "num_key_value_heads": c.kvHeads,
        "max_position_embeddings": c.contextLength, "rms_norm_eps": Double(c.normEpsilon), "hidden_act": "silu",
        "rope_theta": Double(try file.metadata.float("llama.rope.freq_base") ?? 10000), "tie_word_embeddings": true,
        "eos_token_id": try #require(try file.metadata.unsignedInteger("tokenizer.ggml.eos_token_id")),
      ])
    try writeTokenizer()
    try writeTensors()
  }

  private func save(_ name: String, _ json: [String: Any]) throws {
    try JSONSerialization.data(withJSONObject: json).write(to: URL(filePath: folder + "/" + name))
  }

  private func writeTokenizer() throws {
    let texts = try #require(try file.metadata.strings("tokenizer.ggml.tokens"))
    let kinds = try #require(try file.metadata.integers("tokenizer.ggml.token_type"))
    let added = texts.indices.filter { kinds[$0] == 3 }.map { (id: Int) -> [String: Any] in
      [
        "id": id, "content": texts[id], "special": true, "normalized": false, "lstrip": false, "rstrip": false,
        "single_word": false,
      ]
    }
    let model: [String: Any] = [
      "type": "BPE", "vocab": Dictionary(uniqueKeysWithValues: zip(texts, texts.indices)),
      "merges": try #require(try file.metadata.strings("tokenizer.ggml.merges")),
    ]
    let pieces: [[String: Any]] = [
      ["type": "Digits", "individual_digits": true],
      ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
    ]
    try save(
      "tokenizer.json",
      [
        "added_tokens": added, "pre_tokenizer": ["type": "Sequence", "pretokenizers": pieces],
        "decoder": ["type": "ByteLevel"], "model": model,
      ])
    func text(_ key: String) throws -> String {
      texts[try #require(try file.metadata.unsignedInteger("tokenizer.ggml.\(key)_token_id"))]
    }
    try save(
      "tokenizer_config.json",
      [
        "bos_token": try text("bos"), "eos_token": try text("eos"),
        "chat_template": try #require(try file.metadata.string("tokenizer.chat_template")),
      ])
  }

  private func writeTensors() throws {
    var header: [String: Any] = [:]
    var offset = 0
    for tensor in file.tensors {
      let bytes = tensor.elementCount * 4
      header[Self.name(tensor.name)] = [
        "dtype": "F32", "shape": Array(tensor.dimensions.reversed()), "data_offsets": [offset, offset + bytes],
      ]
      offset += bytes
    }
    let text = try JSONSerialization.data(withJSONObject: header)
    let path = folder + "/model.safetensors"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text)
    for tensor in file.tensors {
      var values = try file.decode(tensor)
      // transformers keeps the two halves of a head apart that llama.cpp makes neighbours.
      let heads = tensor.name.hasSuffix("attn_q.weight") ? configuration.heads : configuration.kvHeads
      if tensor.name.hasSuffix("attn_q.weight") || tensor.name.hasSuffix("attn_k.weight") {
        let (half, columns, stored) = (configuration.headSize / 2, tensor.columns, values)
        for row in 0..<tensor.rows {
          let (head, place) = (row / (2 * half), row % (2 * half))
          let source = head * 2 * half + 2 * (place % half) + place / half
          values.replaceSubrange(
            row * columns..<(row + 1) * columns, with: stored[source * columns..<(source + 1) * columns])
        }
        #expect(tensor.rows == heads * 2 * half)
      }
      try handle.write(contentsOf: values.withUnsafeBytes { Data($0) })
    }
    try handle.close()
  }

  private static func name(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts[0] == "blk" else {
      return name == "token_embd.weight" ? "model.embed_tokens.weight" : "model.norm.weight"
    }
    let modules = [
      "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
      "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
      "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    ]
    return "model.layers.\(parts[1]).\(modules[parts[2]] ?? parts[2]).weight"
  }
}
