package import Tensors

/// Loads a model's weights piece by piece, each in the form that a scheme gives it; a layer can be loaded by itself.
package struct WeightLoader {
  package let configuration: Configuration
  package let scheme: Scheme
  private let reader: TensorReader
  private let profile: KernelProfile

  /// - Throws: ``ModelError/unknownModule(_:example:)`` when the scheme names a module that the model has not.
  package init(
    _ source: any TensorSource, configuration: Configuration, scheme: Scheme, profile: KernelProfile, pool: WorkerPool
  ) throws(ModelError) {
    self.configuration = configuration
    self.scheme = scheme
    self.profile = profile
    reader = TensorReader(source: source, configuration: configuration, pool: pool)
    let modules = configuration.modules
    for pattern in scheme.skip where !modules.contains(where: { Scheme.matches(pattern, module: $0) }) {
      throw .unknownModule(pattern, example: modules.first ?? "")
    }
  }

  /// Decodes the tensors of layer `index` to FP32 and gives each linear layer the scheme's form.
  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen or not finite.
  package func layer(_ index: Int) throws(ModelError) -> Weights.Layer {
    let (c, block) = (configuration, "blk.\(index)")
    try refuseBiases(layer: index)
    var overflows = 0
    func linear(_ name: String, _ rows: Int, _ columns: Int) throws(ModelError) -> Linear {
      let module = "\(block).\(name)"
      let formed = try form(module, tensor: module, rows, columns)
      overflows += formed.overflows
      return formed.linear
    }
    return Weights.Layer(
      attentionNorm: try reader.vector("\(block).attn_norm.weight", count: c.width),
      query: try linear("attn_q", c.queryWidth, c.width),
      key: try linear("attn_k", c.kvWidth, c.width),
      value: try linear("attn_v", c.kvWidth, c.width),
      attentionOutput: try linear("attn_output", c.width, c.queryWidth),
      feedForwardNorm: try reader.vector("\(block).ffn_norm.weight", count: c.width),
      gate: try linear("ffn_gate", c.feedForwardWidth, c.width),
      up: try linear("ffn_up", c.feedForwardWidth, c.width),
      down: try linear("ffn_down", c.width, c.feedForwardWidth),
      overflows: overflows)
  }

  func outputNorm() throws(ModelError) -> AlignedBuffer<Float> {
    try reader.vector("output_norm.weight", count: configuration.width)
  }

  /// The output matrix: the token embedding itself where the files tie them.
  func head() throws(ModelError) -> FormedLinear {
    let tensor = reader.contains("output.weight") ? "output" : "token_embd"
    return try form(Scheme.headName, tensor: tensor, configuration.vocabularySize, configuration.width)
  }

  func embedding() throws(ModelError) -> TokenEmbedding { try TokenEmbedding(reader) }

  func ropeDivisors() throws(ModelError) -> [Float]? {
    let count = configuration.headSize / 2
    return try reader.optionalVector("rope_freqs.weight", count: count).map { values in
      (0..<count).map { values[$0] }
    }
  }

  private func form(
    _ module: String, tensor: String, _ rows: Int, _ columns: Int
  ) throws(ModelError) -> FormedLinear {
    let form = scheme.form(for: module)
    let values = try reader.matrix(
      tensor + ".weight", rows: rows, columns: columns, inHugePages: form.inputRounding == .none)
    return form.linear(values, rows: rows, columns: columns, profile: profile, pool: reader.pool)
  }

  /// A bias that is there but not applied would be blamed on quantization.
  private func refuseBiases(layer: Int) throws(ModelError) {
    for name in Configuration.layerModules where reader.contains("blk.\(layer).\(name).bias") {
      throw .unsupported("the bias tensor 'blk.\(layer).\(name).bias'", expected: "linear layers without bias")
    }
  }
}

extension Configuration {
  static let layerModules = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]

  /// The names of all linear layers, in the order of the model.
  package var modules: [String] {
    (0..<layers).flatMap { layer in Self.layerModules.map { "blk.\(layer).\($0)" } } + [Scheme.headName]
  }
}
