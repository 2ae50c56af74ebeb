import Tensors

/// Calibration prompts on their way through the model, layer by layer; only one layer's weights are needed at a time.
///
/// Each prompt is a step of its own, in order, so nothing depends on batch or threads. Between layers it keeps the
/// residual stream of every token: `4 · width` bytes each, padded to tiles.
final class CalibrationPass {
  private let forward: Forward
  private var residuals: [(tiles: TokenTiles, shape: TileShape)]

  /// - Parameter forward: of the model; its layers are not used.
  init(_ prompts: [[TokenID]], forward: Forward) {
    self.forward = forward
    residuals = prompts.filter { !$0.isEmpty }.map { forward.embedded($0) }
  }

  /// One linear input as the layer's modules share it.
  struct Input {
    /// The layers that read it.
    let linears: [Linear]
    /// Whether a norm made it.
    let isNormalized: Bool
    var statistics: InputStatistics
  }

  /// Sends every prompt through a layer and gathers what its linear layers read.
  ///
  /// - Parameters:
  ///   - advances: whether the prompts go on to the next layer.
  ///   - statistics: empty statistics for an input of so many features, or `nil` to leave it out.
  ///   - divisors: what the channels of a layer's input are divided by before they are counted.
  func capture(
    _ layer: Weights.Layer, _ index: Int, advances: Bool, statistics: @escaping ([Linear]) -> InputStatistics?,
    divisors: @escaping (Linear) -> [Float]? = { _ in nil }
  ) -> [Input] {
    var inputs: [Input] = []
    forward.observer = { linears, source, isNormalized, shape in
      guard let first = linears.first else { return }
      if !inputs.contains(where: { $0.linears.first === first }), let empty = statistics(linears) {
        inputs.append(Input(linears: linears, isNormalized: isNormalized, statistics: empty))
      }
      guard let position = inputs.firstIndex(where: { $0.linears.first === first }) else { return }
      inputs[position].statistics.add(source, shape: shape, divisors: divisors(first), pool: self.forward.pool)
    }
    run(layer, index, advances: advances)
    forward.observer = nil
    return inputs
  }

  /// Sends every prompt through a layer.
  func run(_ layer: Weights.Layer, _ index: Int, advances: Bool = true) {
    for (tiles, shape) in residuals {
      forward.run(layer, index, residual: tiles, shape: shape, keepsResult: advances)
    }
  }
}

extension Forward {
  /// The residual stream of one prompt before the first layer.
  func embedded(_ tokens: [TokenID]) -> (tiles: TokenTiles, shape: TileShape) {
    let shape = profile.shape(tokens: tokens.count)
    let tiles = TokenTiles(features: configuration.width, width: shape.width, capacity: shape.lanes)
    let row = AlignedBuffer<Float>(count: configuration.width)
    for (lane, token) in tokens.enumerated() {
      weights.embed(token, into: row)
      tiles.setToken(lane, to: row)
    }
    return (tiles, shape)
  }

  /// Runs one layer over a whole prompt.
  /// - Parameter keepsResult: whether `residual` becomes the layer's output.
  func run(_ layer: Weights.Layer, _ index: Int, residual: TokenTiles, shape: TileShape, keepsResult: Bool) {
    let segment = Segment(
      sequence: TokenSequence(configuration, capacity: shape.tokens, layers: 1),
      tokens: [TokenID](repeating: 0, count: shape.tokens))
    reserve(shape.lanes)
    state.reshape(shape)
    state.residual.copy(residual, shape: shape)
    let lanes = place([segment], shape: shape)
    state.rotary.prepare(positions: lanes.tokens.map(\.position), width: shape.width)
    attend(layer, index, lanes, cacheLayer: 0)
    feedForward(layer, lanes)
    if keepsResult { residual.copy(state.residual, shape: shape) }
  }
}
