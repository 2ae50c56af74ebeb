import Glibc
import Tensors

@testable import LanguageModels

/// A Llama-family model small enough to compute by the definition: random weights, for unit tests only.
struct TinyTransformer {
  var metadata: [(String, GGUFValue)]
  var tensors: [(name: String, dimensions: [Int], values: [Float])] = []
  let width: Int
  let layers = 2
  let heads = 6
  let kvHeads = 2
  let headSize: Int
  let feedForward: Int
  let vocabulary = 100

  /// - Parameter headSize: a sixth of the width.
  init(seed: UInt64 = 1, tied: Bool = true, ropeFactors: Bool = false, headSize: Int = 4, feedForward: Int = 40) {
    self.headSize = headSize
    self.feedForward = feedForward
    width = 6 * headSize
    var state = seed
    func random(_ count: Int, scale: Float) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Float(state >> 40) / Float(1 << 24) - 0.5) * scale
      }
    }
    metadata = [
      ("general.architecture", .string("llama")),
      ("llama.embedding_length", .uint32(UInt32(6 * headSize))), ("llama.block_count", .uint32(2)),
      ("llama.feed_forward_length", .uint32(UInt32(feedForward))), ("llama.attention.head_count", .uint32(6)),
      ("llama.attention.head_count_kv", .uint32(2)), ("llama.context_length", .uint32(64)),
      ("llama.rope.freq_base", .float32(500)), ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
      ("tokenizer.ggml.tokens", .array(.string((0..<100).map { "t\($0)" }))),
    ]
    func add(_ name: String, _ columns: Int, _ rows: Int? = nil) {
      let count = columns * (rows ?? 1)
      let values = rows == nil ? random(count, scale: 1).map { $0 + 1 } : random(count, scale: 0.8)
      tensors.append((name, [columns] + (rows.map { [$0] } ?? []), values))
    }
    add("token_embd.weight", width, vocabulary)
    for layer in 0..<layers {
      let block = "blk.\(layer)"
      add("\(block).attn_norm.weight", width)
      add("\(block).attn_q.weight", width, heads * headSize)
      add("\(block).attn_k.weight", width, kvHeads * headSize)
      add("\(block).attn_v.weight", width, kvHeads * headSize)
      add("\(block).attn_output.weight", heads * headSize, width)
      add("\(block).ffn_norm.weight", width)
      add("\(block).ffn_gate.weight", width, feedForward)
      add("\(block).ffn_up.weight", width, feedForward)
      add("\(block).ffn_down.weight", feedForward, width)
    }
    add("output_norm.weight", width)
    if !tied { add("output.weight", width, vocabulary) }
    if ropeFactors { tensors.append(("rope_freqs.weight", [headSize / 2], [1, 4])) }
  }

  subscript(name: String) -> [Float] {
    get { tensors.first { $0.name == name }?.values ?? [] }
    set { if let index = tensors.firstIndex(where: { $0.name == name }) { tensors[index].values = newValue } }
  }

  /// The model as a GGUF file in memory, every tensor F32.
  func file() throws -> GGUFFile {
    var writer = GGUFWriter()
    for (key, value) in metadata { writer.set(key, value) }
    for tensor in tensors { writer.add(tensor.name, dimensions: tensor.dimensions, type: GGMLType(.f32)) }
    var bytes: [UInt8] = []
    writer.write(
      to: { bytes += $0 },
      data: { entry in
        self[entry.name].flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) } }
      })
    return try GGUFFile(bytes: bytes, name: "tiny.gguf")
  }

  /// Logits of every position, in Float64, straight from the definition of the architecture.
  func logits(_ tokens: [Int32], ropeScale: Double = 1) -> [[Double]] {
    func multiply(_ name: String, _ x: [Double]) -> [Double] {
      let w = self[name]
      return (0..<w.count / x.count).map { r in x.indices.reduce(0) { $0 + Double(w[r * x.count + $1]) * x[$1] } }
    }
    func norm(_ name: String, _ x: [Double]) -> [Double] {
      let scale = 1 / (x.reduce(0) { $0 + $1 * $1 } / Double(x.count) + 1e-5).squareRoot()
      return zip(x, self[name]).map { $0 * scale * Double($1) }
    }
    func rotate(_ x: [Double], position: Int) -> [Double] {
      let factors = self["rope_freqs.weight"]
      var y = x
      for pair in 0..<x.count / 2 {
        let j = pair % (headSize / 2)
        let divisor = factors.isEmpty ? 1 : Double(factors[j])
        let angle = Double(position) * ropeScale * pow(500, -2 * Double(j) / Double(headSize)) / divisor
        (y[2 * pair], y[2 * pair + 1]) = (
          x[2 * pair] * cos(angle) - x[2 * pair + 1] * sin(angle),
          x[2 * pair] * sin(angle) + x[2 * pair + 1] * cos(angle)
        )
      }
      return y
    }
    var residual = tokens.map { token in
      (0..<width).map { Double(self["token_embd.weight"][Int(token) * width + $0]) }
    }
    for layer in 0..<layers {
      let block = "blk.\(layer)"
      let normed = residual.map { norm("\(block).attn_norm.weight", $0) }
      let queries = normed.enumerated().map { rotate(multiply("\(block).attn_q.weight", $1), position: $0) }
      let keys = normed.enumerated().map { rotate(multiply("\(block).attn_k.weight", $1), position: $0) }
      let values = normed.map { multiply("\(block).attn_v.weight", $0) }
      for t in tokens.indices {
        var attention = [Double](repeating: 0, count: heads * headSize)
        for head in 0..<heads {
          let kv = head / (heads / kvHeads) * headSize
          let scores = (0...t).map { s in
            (0..<headSize).reduce(0) { $0 + queries[t][head * headSize + $1] * keys[s][kv + $1] }
              / Double(headSize).squareRoot()
          }
          let weights = scores.map { exp($0 - scores.max()!) }
          for d in 0..<headSize {
            let sum = (0...t).reduce(0) { $0 + weights[$1] * values[$1][kv + d] }
            attention[head * headSize + d] = sum / weights.reduce(0, +)
          }
        }
        let update = multiply("\(block).attn_output.weight", attention)
        residual[t] = zip(residual[t], update).map(+)
        let hidden = norm("\(block).ffn_norm.weight", residual[t])
        let gate = multiply("\(block).ffn_gate.weight", hidden)
        let product = zip(gate, multiply("\(block).ffn_up.weight", hidden)).map { $0 / (1 + exp(-$0)) * $1 }
        residual[t] = zip(residual[t], multiply("\(block).ffn_down.weight", product)).map(+)
      }
    }
    let head = self["output.weight"].isEmpty ? "token_embd.weight" : "output.weight"
    return residual.map { multiply(head, norm("output_norm.weight", $0)) }
  }
}
