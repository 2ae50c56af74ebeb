package import Tensors

/// A model, a file or a folder, with its tokenizer and chat template, ready to be run under any scheme.
package final class LanguageModel {
  package let file: any TensorSource
  package let configuration: Configuration
  package let tokenizer: Tokenizer
  /// The chat template, or why there is none that can be used.
  package let template: Result<ChatTemplate, ChatTemplateError>

  /// - Parameter path: a GGUF file, or a folder as transformers saves it.
  /// - Throws: ``GGUFError``, ``ModelFolderError``, ``ModelError`` or ``TokenizerError``.
  package init(path: String) throws {
    if ModelFolder.isFolder(path) {
      let folder = try ModelFolder(path: path)
      file = folder
      configuration = try Configuration(folder)
      try Weights.checkMatrices(folder, configuration)
      tokenizer = try Tokenizer(folder, vocabularySize: configuration.vocabularySize)
      template = Result { () throws(ChatTemplateError) in try ChatTemplate(folder) }
    } else {
      let file = try GGUFFile(path: path)
      self.file = file
      configuration = try Configuration(file)
      try Weights.checkMatrices(file, configuration)
      tokenizer = try Tokenizer(file)
      template = Result { () throws(ChatTemplateError) in try ChatTemplate(file) }
    }
  }

  /// The tokens of a conversation as the model was trained to see it, ready for its answer.
  /// - Throws: ``ChatTemplateError`` when the file's template is missing or unknown, or refuses the messages.
  package func tokens(for messages: [ChatMessage]) throws(ChatTemplateError) -> [TokenID] {
    tokenizer.encode(try template.get().render(messages), parseSpecial: true, addBOS: false)
  }

  /// The tokens of a bare text, with the beginning-of-text token where the model wants one.
  package func tokens(for text: String) -> [TokenID] { tokenizer.encode(text, parseSpecial: false) }

  /// Loads the weights in the form that a scheme gives them.
  /// - Parameters:
  ///   - calibration: prompts for schemes with ``Algorithms/needsCalibration``; others do not look at them.
  ///   - noise: disturbs the residual stream, to measure what rounding alone does.
  /// - Throws: ``ModelError``.
  package func forward(
    scheme: Scheme, threads: Int, calibration: CalibrationPrompts = .none, noise: RoundingNoise? = nil
  ) throws(ModelError) -> Forward {
    let pool = WorkerPool(threads: threads)
    let profile = try configuration.kernelProfile()
    let weights = try Weights(
      file, configuration: configuration, scheme: scheme, calibration: calibration, profile: profile, pool: pool)
    return Forward(
      configuration: configuration, weights: weights, cacheFormat: scheme.cache, profile: profile, pool: pool,
      noise: noise)
  }
}

extension Configuration {
  /// What the BLAS kernel at hand allows for the model's matrices.
  /// - Parameter allowsNative: false keeps to BLAS, the specification of the kernels written by hand.
  /// - Throws: ``ModelError/noInvariantKernel(core:)`` when its results depend on the batch.
  package func kernelProfile(allowsNative: Bool = true) throws(ModelError) -> KernelProfile {
    let shapes = matrices.reduce(into: Set<GEMMShape>()) {
      $0.formUnion(GEMMShape.blocks(rows: $1.rows, columns: $1.columns))
    }
    guard let profile = KernelProfile(shapes: shapes, allowsNative: allowsNative) else {
      throw .noInvariantKernel(core: GEMM.coreName)
    }
    return profile
  }
}
