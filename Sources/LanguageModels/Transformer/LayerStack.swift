import Tensors

/// What the layers of a transformer compute, wherever the layers come from: all in memory, or one at a time.
final class LayerStack {
  let configuration: Configuration
  let profile: KernelProfile
  let pool: WorkerPool
  private(set) var state: RunState
  private let ropeDivisors: [Float]?
  /// Disturbs the residual stream after each layer; for measuring what rounding alone does.
  private let noise: RoundingNoise?
  private var earlierOverflows = 0

  init(
    configuration: Configuration, ropeDivisors: [Float]?, profile: KernelProfile, pool: WorkerPool,
    noise: RoundingNoise? = nil
  ) {
    self.configuration = configuration
    self.ropeDivisors = ropeDivisors
    self.profile = profile
    self.pool = pool
    self.noise = noise
    state = RunState(configuration, ropeDivisors: ropeDivisors, profile: profile, capacity: 64)
  }

  /// Finite activations, keys and values so far that became infinite in a 16-bit format.
  var overflows: Int { earlierOverflows + state.overflows }

  /// Where each token of a step lies.
  struct Lanes {
    let shape: TileShape
    let tokens: [TokenPosition]
    let segments: [Range<Int>]
  }

  /// Gives each token of the segments a lane; the lanes of ``RunState/residual`` are to be filled next.
  func begin(_ segments: [Segment]) -> Lanes {
    let shape = profile.shape(tokens: segments.reduce(0) { $0 + $1.tokens.count })
    reserve(shape.lanes)
    state.reshape(shape)
    let lanes = place(segments, shape: shape)
    state.rotary.prepare(lanes.tokens, width: shape.width)
    return lanes
  }

  /// Takes the residuals of a step through a layer.
  /// - Parameters:
  ///   - index: of the layer in the model.
  ///   - cacheIndex: of the layer in the caches of the step's sequences.
  func run(_ layer: Weights.Layer, index: Int, cacheIndex: Int, _ lanes: Lanes) {
    attend(layer, cacheIndex, lanes)
    feedForward(layer, lanes)
    noise?.perturb(
      state.residual, shape: lanes.shape, layer: index, positions: lanes.tokens.map(\.position), pool: pool)
  }

  /// Makes room for so many lanes.
  func reserve(_ lanes: Int) {
    guard lanes > state.capacity else { return }
    earlierOverflows += state.overflows
    state = RunState(configuration, ropeDivisors: ropeDivisors, profile: profile, capacity: lanes)
  }

  private func place(_ segments: [Segment], shape: TileShape) -> Lanes {
    var tokens: [TokenPosition] = []
    var ranges: [Range<Int>] = []
    for segment in segments {
      precondition(segment.sequence.length + segment.tokens.count <= segment.sequence.capacity, "sequence is full")
      let decoded = tokens.count + segment.wholeTensor
      ranges.append(tokens.count..<decoded)
      ranges += (decoded..<tokens.count + segment.tokens.count).map { $0..<$0 + 1 }
      for index in segment.tokens.indices {
        tokens.append(TokenPosition(cache: segment.sequence.cache, position: segment.sequence.length + index))
      }
    }
    return Lanes(shape: shape, tokens: tokens, segments: ranges)
  }

  /// x += Wo · attention(RMSNorm(x))
  private func attend(_ layer: Weights.Layer, _ cacheIndex: Int, _ lanes: Lanes) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.attentionNorm, epsilon: configuration.normEpsilon, into: s.normalized,
      shape: lanes.shape)
    multiply([(layer.query, s.query), (layer.key, s.key), (layer.value, s.value)], by: s.normalized, lanes)
    s.rotary.apply(to: s.query, shape: lanes.shape, pool: pool)
    s.rotary.apply(to: s.key, shape: lanes.shape, pool: pool)
    earlierOverflows += pool.attention(
      layer: cacheIndex, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value, into: s.attention,
      scale: 1 / Float(configuration.headSize).squareRoot())
    multiply([(layer.attentionOutput, s.update)], by: s.attention, lanes)
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  /// x += Wdown · (silu(Wgate · h) ∘ Wup · h),  h = RMSNorm(x)
  private func feedForward(_ layer: Weights.Layer, _ lanes: Lanes) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.feedForwardNorm, epsilon: configuration.normEpsilon, into: s.normalized,
      shape: lanes.shape)
    multiply([(layer.gate, s.gate), (layer.up, s.up)], by: s.normalized, lanes)
    pool.swiGLU(gate: s.gate, up: s.up, shape: lanes.shape)
    multiply([(layer.down, s.update)], by: s.gate, lanes)
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  /// Multiplies matrices that share an input; each distinct rounding of it is made once.
  private func multiply(
    _ linears: [(weights: Linear, output: TokenTiles)], by source: TokenTiles, _ lanes: Lanes
  ) {
    let input = state.input(features: source.features)
    var remaining = linears[...]
    while let first = remaining.first {
      let rounding = first.weights.inputRounding
      input.prepare(source, rounding: rounding, shape: lanes.shape, segments: lanes.segments, pool: pool)
      guard remaining.contains(where: { $0.weights.inputRounding != rounding }) else {
        return pool.multiply(Array(remaining), by: input)
      }
      pool.multiply(remaining.filter { $0.weights.inputRounding == rounding }, by: input)
      remaining = remaining.filter { $0.weights.inputRounding != rounding }[...]
    }
  }
}
