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
  /// Told what is multiplied by which linear layers, and whether a norm made it; for calibration.
  var observer: (([Linear], TokenTiles, _ isNormalized: Bool, TileShape) -> Void)?
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
    for rotary in state.rotaries { rotary.prepare(lanes.tokens, width: shape.width) }
    return lanes
  }

  /// Takes the residuals of a step through a layer.
  /// - Parameters:
  ///   - index: of the layer in the model.
  ///   - cacheIndex: of the layer in the caches of the step's sequences.
  func run(_ layer: Weights.Layer, index: Int, cacheIndex: Int, _ lanes: Lanes) {
    attend(layer, index, cacheIndex, lanes)
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

  /// x += Wo · attention(norm(x))
  private func attend(_ layer: Weights.Layer, _ index: Int, _ cacheIndex: Int, _ lanes: Lanes) {
    let s = state
    normalize(s.residual, layer.attentionNorm, into: s.normalized, lanes.shape)
    multiply([(layer.query, s.query), (layer.key, s.key), (layer.value, s.value)], by: s.normalized, lanes)
    for (norm, heads) in [(layer.queryNorm, s.query), (layer.keyNorm, s.key)] {
      if let norm { pool.rmsNormHeads(heads, weight: norm, epsilon: configuration.normEpsilon, shape: lanes.shape) }
    }
    if let rotary = s.rotary(layer: index) {
      rotary.apply(to: s.query, shape: lanes.shape, pool: pool)
      rotary.apply(to: s.key, shape: lanes.shape, pool: pool)
    }
    earlierOverflows += pool.attention(
      layer: cacheIndex, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value, into: s.attention,
      scale: configuration.attentionScale, window: configuration.windows[index],
      softCap: configuration.attentionSoftCap)
    multiply([(layer.attentionOutput, s.update)], by: s.attention, lanes)
    if let norm = layer.attentionUpdateNorm { normalize(s.update, norm, into: s.update, lanes.shape) }
    // Where both parts read the same residual, the second one reads it before the first adds to it.
    if configuration.isParallel { normalize(s.residual, layer.feedForwardNorm, into: s.normalized, lanes.shape) }
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  /// x += Wdown · (act(Wgate · h) ∘ Wup · h), or Wdown · act(Wup · h),  h = norm(x)
  private func feedForward(_ layer: Weights.Layer, _ lanes: Lanes) {
    let s = state
    if !configuration.isParallel { normalize(s.residual, layer.feedForwardNorm, into: s.normalized, lanes.shape) }
    if let gate = layer.gate {
      multiply([(gate, s.gate), (layer.up, s.up)], by: s.normalized, lanes)
      switch configuration.architecture.activation {
      case .silu: pool.swiGLU(gate: s.gate, up: s.up, shape: lanes.shape)
      case .gelu, .geluTanh: pool.geGLU(gate: s.gate, up: s.up, shape: lanes.shape)
      }
    } else {
      multiply([(layer.up, s.gate)], by: s.normalized, lanes)
      pool.gelu(s.gate, isExact: configuration.architecture.activation == .gelu, shape: lanes.shape)
    }
    multiply([(layer.down, s.update)], by: s.gate, lanes)
    if let norm = layer.feedForwardUpdateNorm { normalize(s.update, norm, into: s.update, lanes.shape) }
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  func normalize(_ x: TokenTiles, _ norm: Weights.Norm, into out: TokenTiles, _ shape: TileShape) {
    if let bias = norm.bias {
      pool.layerNorm(
        x, weight: norm.weight, bias: bias, epsilon: configuration.normEpsilon, into: out, shape: shape)
    } else {
      pool.rmsNorm(x, weight: norm.weight, epsilon: configuration.normEpsilon, into: out, shape: shape)
    }
  }

  /// Multiplies matrices that share an input; each distinct rounding of it is made once.
  private func multiply(
    _ linears: [(weights: Linear, output: TokenTiles)], by source: TokenTiles, _ lanes: Lanes
  ) {
    observer?(linears.map(\.weights), source, source === state.normalized, lanes.shape)
    let input = state.input(features: source.features)
    var remaining = linears[...]
    while let first = remaining.first {
      input.prepare(
        source, rounding: first.weights.inputRounding, divisors: first.weights.inputDivisors, shape: lanes.shape,
        segments: lanes.segments, pool: pool)
      guard remaining.contains(where: { !$0.weights.sharesInput(with: first.weights) }) else {
        return pool.multiply(Array(remaining), by: input)
      }
      pool.multiply(remaining.filter { $0.weights.sharesInput(with: first.weights) }, by: input)
      remaining = remaining.filter { !$0.weights.sharesInput(with: first.weights) }[...]
    }
  }
}
