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
    var overflows = 0
    func linear(_ name: String, _ rows: Int, _ columns: Int) throws(ModelError) -> Linear {
      let module = "\(block).\(name)"
      let formed = try form(module, tensor: module, rows, columns)
      overflows += formed.overflows
      guard let bias = try bias(module, count: rows) else { return formed.linear }
      return formed.linear.adding(bias)
    }
    func norm(_ name: String, where isThere: Bool = true) throws(ModelError) -> Weights.Norm? {
      isThere ? try self.norm("\(block).\(name)", count: c.width) : nil
    }
    func headNorm(_ name: String) throws(ModelError) -> AlignedBuffer<Float>? {
      c.architecture.normsHeads ? try reader.vector("\(block).\(name).weight", count: c.headSize) : nil
    }
    return Weights.Layer(
      attentionNorm: try self.norm("\(block).attn_norm", count: c.width),
      query: try linear("attn_q", c.queryWidth, c.width),
      key: try linear("attn_k", c.kvWidth, c.width),
      value: try linear("attn_v", c.kvWidth, c.width),
      queryNorm: try headNorm("attn_q_norm"), keyNorm: try headNorm("attn_k_norm"),
      attentionOutput: try linear("attn_output", c.width, c.queryWidth),
      attentionUpdateNorm: try norm("post_attention_norm", where: c.architecture.normsUpdates),
      feedForwardNorm: try self.norm("\(block).ffn_norm", count: c.width),
      gate: c.architecture.isGated ? try linear("ffn_gate", c.feedForwardWidth, c.width) : nil,
      up: try linear("ffn_up", c.feedForwardWidth, c.width),
      down: try linear("ffn_down", c.width, c.feedForwardWidth),
      feedForwardUpdateNorm: try norm("post_ffw_norm", where: c.architecture.normsUpdates),
      overflows: overflows)
  }

  func outputNorm() throws(ModelError) -> Weights.Norm { try norm("output_norm", count: configuration.width) }

  /// The output matrix: the token embedding itself where they are tied.
  func head() throws(ModelError) -> FormedLinear {
    let isTied = configuration.isTied ?? !reader.contains("output.weight")
    let formed = try form(
      Scheme.headName, tensor: isTied ? "token_embd" : "output", configuration.vocabularySize, configuration.width)
    guard !isTied, let bias = try reader.optionalVector("output.bias", count: configuration.vocabularySize) else {
      return formed
    }
    return FormedLinear(formed.linear.adding(bias), overflows: formed.overflows)
  }

  func embedding() throws(ModelError) -> TokenEmbedding { try TokenEmbedding(reader) }

  /// Factors of the rotary frequencies that a GGUF file has as a tensor.
  func ropeDivisors() throws(ModelError) -> [Float]? {
    guard reader.source.naming == .gguf, let rope = configuration.ropes.first else { return nil }
    let count = rope.frequencies.count
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

  /// A bias that is there is applied, whatever the family.
  private func bias(_ module: String, count: Int) throws(ModelError) -> AlignedBuffer<Float>? {
    let name = String(module.split(separator: ".").last ?? "")
    return configuration.architecture.biasedModules.contains(name)
      ? try reader.vector("\(module).bias", count: count) : try reader.optionalVector("\(module).bias", count: count)
  }

  private func norm(_ name: String, count: Int) throws(ModelError) -> Weights.Norm {
    Weights.Norm(
      weight: try reader.vector("\(name).weight", count: count),
      bias: configuration.architecture.norm == .layer ? try reader.vector("\(name).bias", count: count) : nil)
  }
}
