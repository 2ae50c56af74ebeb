import Tensors

/// The memory that a run takes at its peak, known before it starts.
///
/// Counted is what the process holds itself (resident memory); pages of the model file that are only mapped are not.
package struct MemoryEstimate: Sendable, Hashable {
  /// All weights in the form that the scheme gives them.
  package let weights: Int
  /// The largest matrix while it is brought into that form.
  package let loading: Int
  /// Keys and values of the sequences in flight.
  package let cache: Int
  /// Activations and logits of the largest step.
  package let activations: Int

  /// Program, libraries and tokenizer, measured with a vocabulary of 49 152 tokens; BLAS's own buffers are in it.
  package static let program = 40 << 20

  /// Loading is over when sequences begin.
  package var total: Int { Self.program + weights + max(loading, cache + activations) }

  /// - Parameters:
  ///   - requests: all that will be generated.
  ///   - batch: most sequences in flight.
  ///   - cacheBytes: most memory for keys and values, but for one sequence.
  package init(
    _ configuration: Configuration, scheme: Scheme, requests: [GenerationRequest], batch: Int, cacheBytes: Int
  ) {
    self.init(
      configuration, scheme: scheme,
      sequences: requests.map { $0.capacity(contextLength: configuration.contextLength) },
      batch: batch, cacheBytes: cacheBytes, promptTokens: requests.map(\.prompt.count).max() ?? 0)
  }

  /// - Parameters:
  ///   - sequences: the positions that each sequence needs room for.
  ///   - batch: most sequences in flight.
  ///   - cacheBytes: most memory for keys and values, but for one sequence.
  ///   - promptTokens: the longest prompt.
  package init(
    _ configuration: Configuration, scheme: Scheme, sequences: [Int], batch: Int, cacheBytes: Int, promptTokens: Int
  ) {
    let matrices = configuration.linearShapes.map { shape in
      (
        bytes: Linear.byteCount(
          rows: shape.rows, columns: shape.columns, inputRounding: scheme.form(for: shape.module).inputRounding),
        elements: shape.rows * shape.columns
      )
    }
    let norms = (2 * configuration.layers + 1) * configuration.width * MemoryLayout<Float>.size
    weights = matrices.reduce(norms) { $0 + $1.bytes }
    // A matrix that stays FP32 is packed in place; another one lies beside its FP32 values.
    loading = matrices.map { $0.bytes >= 4 * $0.elements ? 0 : 4 * $0.elements }.max() ?? 0
    let perToken = configuration.cacheBytesPerToken(scheme.cache)
    let sizes = sequences.map { KeyValueCache.rounded($0) * perToken }.sorted(by: >)
    let together = sizes.prefix(batch).reduce(0, +)
    cache = min(together, max(cacheBytes, sizes.first ?? 0))
    let lanes = (max(Generator.promptTokensPerStep, promptTokens) + min(batch, sequences.count) + 15) / 16 * 16
    let outputs = (min(batch, sequences.count) + 15) / 16 * 16
    activations =
      RunState.byteCount(configuration, lanes: lanes)
      + LogitScratch.byteCount(
        vocabulary: configuration.vocabularySize, lanes: outputs)
  }
}

extension Configuration {
  /// Every linear layer and its shape.
  var linearShapes: [(module: String, rows: Int, columns: Int)] {
    let shapes = [
      ("attn_q", queryWidth, width), ("attn_k", kvWidth, width), ("attn_v", kvWidth, width),
      ("attn_output", width, queryWidth), ("ffn_gate", feedForwardWidth, width), ("ffn_up", feedForwardWidth, width),
      ("ffn_down", width, feedForwardWidth),
    ]
    return (0..<layers).flatMap { layer in shapes.map { ("blk.\(layer).\($0.0)", $0.1, $0.2) } }
      + [(Scheme.headName, vocabularySize, width)]
  }
}
