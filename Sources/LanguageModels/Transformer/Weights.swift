package import Tensors

/// All weights of a transformer, each in the form that the scheme gave it.
///
/// d = residual width, q = heads · head size, k = kvHeads · head size, f = feed-forward width, V = vocabulary.
package final class Weights {
  package struct Norm {
    package let weight: AlignedBuffer<Float>  // [d]
    package let bias: AlignedBuffer<Float>?  // [d]
  }

  package struct Layer {
    package let attentionNorm: Norm
    package let query: Linear  // [q, d]
    package let key: Linear  // [k, d]
    package let value: Linear  // [k, d]
    package let queryNorm: AlignedBuffer<Float>?  // [head size]
    package let keyNorm: AlignedBuffer<Float>?  // [head size]
    package let attentionOutput: Linear  // [d, q]
    package let attentionUpdateNorm: Norm?
    package let feedForwardNorm: Norm
    package let gate: Linear?  // [f, d]
    package let up: Linear  // [f, d]
    package let down: Linear  // [d, f]
    package let feedForwardUpdateNorm: Norm?
    /// Finite weights that became infinite in a 16-bit format.
    package let overflows: Int
  }

  package let layers: [Layer]
  package let outputNorm: Norm
  /// [V, d]; the token embedding itself where the file ties them.
  package let head: Linear
  /// Divisors of the rotary frequencies (Llama 3.1 and Phi-3 in GGUF form), or `nil`.
  package let ropeDivisors: [Float]?
  /// Finite weights that became infinite in a 16-bit format.
  package let weightOverflows: Int
  let embedding: TokenEmbedding

  /// Refuses files without a matrix of every shape that they claim, before anything is computed for these shapes, and
  /// with tensors that the architecture does not use: what is not computed would be blamed on quantization.
  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen or of an unknown type.
  static func checkMatrices(_ source: any TensorSource, _ configuration: Configuration) throws(ModelError) {
    let reader = TensorReader(source: source, configuration: configuration, pool: WorkerPool(threads: 1))
    for matrix in configuration.matrices {
      try reader.checkMatrix(matrix.tensor, rows: matrix.rows, columns: matrix.columns)
    }
    let known = configuration.tensorNames(in: source.naming)
    for name in source.tensorNames where !known.contains(name) && !Configuration.isBuffer(name) {
      throw .unknownTensor(name, architecture: configuration.architecture.rawValue)
    }
  }

  /// Decodes every tensor to FP32 and gives each linear layer the scheme's form.
  /// - Parameter calibration: for schemes that learn from it.
  /// - Throws: ``ModelError`` naming the tensor that is missing, misshapen or not finite.
  package init(
    _ source: any TensorSource, configuration: Configuration, scheme: Scheme,
    calibration: CalibrationPrompts = .none, profile: KernelProfile, pool: WorkerPool
  ) throws(ModelError) {
    let loader = try WeightLoader(source, configuration: configuration, scheme: scheme, profile: profile, pool: pool)
    var layers: [Layer] = []
    if scheme.algorithms.needsCalibration {
      let plainLoader = try WeightLoader(
        source, configuration: configuration, scheme: .reference, layersStay: false, profile: profile, pool: pool)
      layers = try Calibrator(
        loader: loader, plainLoader: plainLoader, prompts: calibration, profile: profile, pool: pool
      ).layers()
    } else {
      for index in 0..<configuration.layers { layers.append(try loader.layer(index)) }
    }
    self.layers = layers
    outputNorm = try loader.outputNorm()
    let head = try loader.head()
    self.head = head.linear
    embedding = try loader.embedding()
    ropeDivisors = try loader.ropeDivisors()
    weightOverflows = layers.reduce(head.overflows) { $0 + $1.overflows }
  }

  /// All but the layers, which have done their work.
  /// - Parameter overflows: finite values that became infinite there.
  init(
    outputOf loader: WeightLoader, embedding: TokenEmbedding, ropeDivisors: [Float]?, overflows: Int
  ) throws(ModelError) {
    layers = []
    outputNorm = try loader.outputNorm()
    let head = try loader.head()
    self.head = head.linear
    self.embedding = embedding
    self.ropeDivisors = ropeDivisors
    weightOverflows = overflows + head.overflows
  }

  /// The embedding of one token at a position, as FP32.
  package func embed(_ token: TokenID, position: Int, into row: AlignedBuffer<Float>) {
    embedding.decode(token, position: position, into: row)
  }
}
