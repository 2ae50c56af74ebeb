import Tensors

/// Calibration prompts on their way through the model, layer by layer; only one layer's weights are needed at a time.
///
/// Each prompt is a step of its own, in order, so nothing depends on batch or threads. Between layers it keeps the
/// residual stream of every token: `4 · width` bytes each, padded to tiles.
final class CalibrationPass {
  private let stack: LayerStack
  private var residuals: [(tiles: TokenTiles, shape: TileShape)]

  /// - Parameter embedding: of the model, as it is in FP32.
  init(_ prompts: [[TokenID]], embedding: TokenEmbedding, stack: LayerStack) {
    self.stack = stack
    let row = AlignedBuffer<Float>(count: stack.configuration.width)
    residuals = prompts.filter { !$0.isEmpty }.map { tokens in
      let shape = stack.profile.shape(tokens: tokens.count)
      let tiles = TokenTiles(features: row.count, width: shape.width, capacity: shape.lanes)
      for (position, token) in tokens.enumerated() {
        embedding.decode(token, position: position, into: row)
        tiles.setToken(position, to: row)
      }
      return (tiles, shape)
    }
    embedding.forget()
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
    stack.observer = { linears, source, isNormalized, shape in
      guard let first = linears.first else { return }
      if !inputs.contains(where: { $0.linears.first === first }), let empty = statistics(linears) {
        inputs.append(Input(linears: linears, isNormalized: isNormalized, statistics: empty))
      }
      guard let position = inputs.firstIndex(where: { $0.linears.first === first }) else { return }
      inputs[position].statistics.add(source, shape: shape, divisors: divisors(first), pool: self.stack.pool)
    }
    run(layer, index, advances: advances)
    stack.observer = nil
    return inputs
  }

  /// Sends every prompt through a layer; keys and values stay FP32.
  func run(_ layer: Weights.Layer, _ index: Int, advances: Bool = true) {
    for (tiles, shape) in residuals {
      let sequence = TokenSequence(stack.configuration, layers: 1, capacity: shape.tokens, format: .fp32)
      let tokens = [TokenID](repeating: 0, count: shape.tokens)
      let lanes = stack.begin([Segment(sequence: sequence, tokens: tokens)])
      stack.state.residual.copy(tiles, shape: shape)
      stack.run(layer, index: index, cacheIndex: 0, lanes)
      if advances { tiles.copy(stack.state.residual, shape: shape) }
    }
  }
}
