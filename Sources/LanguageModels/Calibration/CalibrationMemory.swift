extension Scheme {
  /// Memory that calibration takes beside the layers that are made already: the residual streams, one FP32 layer, sums
  /// of products with their inverses where an algorithm needs them, and the activations of the longest prompt.
  ///
  /// - Parameter prompts: the tokens of each calibration prompt.
  func calibrationBytes(of model: Configuration, prompts: [Int]) -> Int {
    guard algorithms.needsCalibration, let longest = prompts.max() else { return 0 }
    let layer = model.linearShapes.prefix(model.architecture.layerModules.count)
    var bytes = 4 * layer.reduce(0) { $0 + $1.rows * $1.columns }
    bytes += prompts.reduce(0) { $0 + ($1 + 15) / 16 * 16 } * 4 * model.width
    bytes += RunState.byteCount(model, lanes: (longest + 15) / 16 * 16)
    if algorithms.rounding != .nearest || algorithms.activationAware != nil {
      // Queries, keys and values share an input, as do gate and up.
      let inputs = [model.width, model.queryWidth, model.width, model.feedForwardWidth]
      bytes += 2 * 8 * inputs.reduce(0) { $0 + $1 * $1 }
    }
    return bytes
  }
}
