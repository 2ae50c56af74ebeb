import Synchronization
package import Tensors

/// All weights of a Llama-family transformer, each in the form that the scheme gave it.
///
/// d = residual width, q = heads · head size, k = kvHeads · head size, f = feed-forward width, V = vocabulary.
package final class Weights {
  package struct Layer {
    package let attentionNorm: AlignedBuffer<Float>  // [d]
    package let query: Linear  // [q, d]
    package let key: Linear  // [k, d]
    package let value: Linear  // [k, d]
    package let attentionOutput: Linear  // [d, q]
    package let feedForwardNorm: AlignedBuffer<Float>  // [d]
    package let gate: Linear  // [f, d]
    package let up: Linear  // [f, d]
    package let down: Linear  // [d, f]
  }

  package let layers: [Layer]
  package let outputNorm: AlignedBuffer<Float>  // [d]
  /// [V, d]; the token embedding itself where the file ties them.
  package let head: Linear
  /// Divisors of the rotary frequencies (Llama 3.1), or `nil`.
  package let ropeDivisors: [Float]?
  /// Finite weights that became infinite in a 16-bit format.
  package let weightOverflows: Int
  /// [V, d] in the file's own format; one row is decoded per token.
  private let embedding: GGUFTensor
  private let file: GGUFFile

  /// Refuses a file without a matrix of every shape that it claims, before anything is computed for these shapes.
  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen or of an unknown type.
  static func checkMatrices(_ file: GGUFFile, _ configuration: Configuration) throws(ModelError) {
    for matrix in configuration.matrices {
      _ = try WeightReader.tensor(matrix.tensor, shape: [matrix.columns, matrix.rows], of: file)
    }
  }

  /// Decodes every tensor to FP32 and gives each linear layer the scheme's form.
  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen or not finite.
  package init(
    _ file: GGUFFile, configuration c: Configuration, scheme: Scheme, profile: KernelProfile, pool: WorkerPool
  ) throws(ModelError) {
    let reader = WeightReader(file: file, pool: pool)
    var overflows = 0
    var modules: [String] = []
    func form(_ module: String, tensor: String, _ rows: Int, _ columns: Int) throws(ModelError) -> Linear {
      let values = try reader.matrix(tensor, rows: rows, columns: columns)
      let formed = scheme.form(for: module).linear(values, rows: rows, columns: columns, profile: profile, pool: pool)
      overflows += formed.overflows
      modules.append(module)
      return formed.linear
    }
    func linear(_ name: String, _ rows: Int, _ columns: Int) throws(ModelError) -> Linear {
      try form(name, tensor: name + ".weight", rows, columns)
    }
    var layers: [Layer] = []
    for i in 0..<c.layers {
      let block = "blk.\(i)"
      layers.append(
        Layer(
          attentionNorm: try reader.vector("\(block).attn_norm.weight", count: c.width),
          query: try linear("\(block).attn_q", c.queryWidth, c.width),
          key: try linear("\(block).attn_k", c.kvWidth, c.width),
          value: try linear("\(block).attn_v", c.kvWidth, c.width),
          attentionOutput: try linear("\(block).attn_output", c.width, c.queryWidth),
          feedForwardNorm: try reader.vector("\(block).ffn_norm.weight", count: c.width),
          gate: try linear("\(block).ffn_gate", c.feedForwardWidth, c.width),
          up: try linear("\(block).ffn_up", c.feedForwardWidth, c.width),
          down: try linear("\(block).ffn_down", c.width, c.feedForwardWidth)))
    }
    self.layers = layers
    outputNorm = try reader.vector("output_norm.weight", count: c.width)
    let tied = file.tensor(named: "output.weight") == nil
    head = try form(
      Scheme.headName, tensor: tied ? "token_embd.weight" : "output.weight", c.vocabularySize, c.width)
    embedding = try reader.tensor("token_embd.weight", shape: [c.width, c.vocabularySize])
    ropeDivisors = try reader.optionalVector("rope_freqs.weight", count: c.headSize / 2)
    try reader.refuseBiases(layers: c.layers)
    for pattern in scheme.skip where !modules.contains(where: { Scheme.matches(pattern, module: $0) }) {
      throw .unknownModule(pattern, example: modules.first ?? "")
    }
    weightOverflows = overflows
    self.file = file
  }

  /// The embedding of one token, always FP32.
  package func embed(_ token: TokenID, into row: AlignedBuffer<Float>) {
    let index = Int(token)
    precondition(index >= 0 && index < embedding.rows, "token outside the vocabulary")
    do {
      try unsafe file.decode(embedding, rows: index..<index + 1, into: row.slice(0..<row.count))
    } catch {
      preconditionFailure("the embedding was decodable when the model was loaded: \(error)")
    }
  }
}

/// Reads tensors of a file as FP32, checking name, shape and values.
private struct WeightReader {
  let file: GGUFFile
  let pool: WorkerPool

  func tensor(_ name: String, shape: [Int]) throws(ModelError) -> GGUFTensor {
    try Self.tensor(name, shape: shape, of: file)
  }

  static func tensor(_ name: String, shape: [Int], of file: GGUFFile) throws(ModelError) -> GGUFTensor {
    guard let tensor = file.tensor(named: name) else { throw .missingTensor(name) }
    guard tensor.dimensions == shape else {
      throw .wrongShape(tensor: name, expected: shape, actual: tensor.dimensions)
    }
    do {
      _ = try file.format(of: tensor)
    } catch {
      throw .file(error)
    }
    return tensor
  }

  func vector(_ name: String, count: Int) throws(ModelError) -> AlignedBuffer<Float> {
    try values(of: tensor(name, shape: [count]), rows: 1, columns: count)
  }

  func optionalVector(_ name: String, count: Int) throws(ModelError) -> [Float]? {
    guard file.tensor(named: name) != nil else { return nil }
    let values = try vector(name, count: count)
    return (0..<count).map { values[$0] }
  }

  func matrix(_ name: String, rows: Int, columns: Int) throws(ModelError) -> AlignedBuffer<Float> {
    try values(of: tensor(name, shape: [columns, rows]), rows: rows, columns: columns)
  }

  private func values(of tensor: GGUFTensor, rows: Int, columns: Int) throws(ModelError) -> AlignedBuffer<Float> {
    let values = AlignedBuffer<Float>(count: rows * columns)
    let failure = Mutex<GGUFError?>(nil)
    let blockRows = 64
    pool.run((rows + blockRows - 1) / blockRows) { block in
      let range = block * blockRows..<min(rows, (block + 1) * blockRows)
      do throws(GGUFError) {
        try unsafe file.decode(
          tensor, rows: range, into: values.slice(range.lowerBound * columns..<range.upperBound * columns))
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw .file(error) }
    let bad = values.countNonFinite()
    guard bad == 0 else { throw .nonFiniteWeights(tensor: tensor.name, count: bad) }
    return values
  }

  /// A bias that is there but not applied would be blamed on quantization.
  func refuseBiases(layers: Int) throws(ModelError) {
    for name in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
      for layer in 0..<layers where file.tensor(named: "blk.\(layer).\(name).bias") != nil {
        throw .unsupported("the bias tensor 'blk.\(layer).\(name).bias'", expected: "linear layers without bias")
      }
    }
  }
}
