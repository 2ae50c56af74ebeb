package import Tensors

/// Runs a transformer over steps of tokens from many sequences.
///
/// One step computes the tokens of all its segments together; no token's result depends on which others are in the
/// step, on the number of threads, or on the order of segments.
package final class Forward {
  package let configuration: Configuration
  package let weights: Weights
  package let pool: WorkerPool
  let profile: KernelProfile
  private(set) var state: RunState
  /// Told what is multiplied by which linear layers, and whether a norm made it; for calibration.
  var observer: (([Linear], TokenTiles, _ isNormalized: Bool, TileShape) -> Void)?
  private var earlierOverflows = 0

  package init(configuration: Configuration, weights: Weights, profile: KernelProfile, pool: WorkerPool) {
    self.configuration = configuration
    self.weights = weights
    self.profile = profile
    self.pool = pool
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, profile: profile, capacity: 64)
  }

  /// Lanes of the narrowest tile through BLAS, part of a run's provenance.
  package var tileWidth: Int { profile.baseWidth }

  /// Finite weights and activations so far that became infinite in a 16-bit format.
  package var overflows: Int { weights.weightOverflows + earlierOverflows + state.overflows }

  /// Appends each segment's tokens to its sequence and returns the logits asked for, in segment order.
  ///
  /// - Parameter logits: called once with all logits of the step, one token a lane in the order of the result; leave
  ///   it out unless whole distributions are needed.
  package func step(_ segments: [Segment], logits: ((TokenTiles) -> Void)? = nil) -> [LogitSummary] {
    let count = segments.reduce(0) { $0 + $1.tokens.count }
    guard count > 0 else { return [] }
    let shape = profile.shape(tokens: count)
    reserve(shape.lanes)
    state.reshape(shape)
    let lanes = place(segments, shape: shape)
    embed(segments)
    state.rotary.prepare(positions: lanes.tokens.map(\.position), width: shape.width)
    for (index, layer) in weights.layers.enumerated() {
      attend(layer, index, lanes)
      feedForward(layer, lanes)
    }
    for segment in segments { segment.sequence.advance(by: segment.tokens.count) }
    return output(segments, logits: logits)
  }

  /// x += Wo · attention(RMSNorm(x))
  /// - Parameter cacheLayer: the layer of the key/value cache, where that is not `index`.
  func attend(_ layer: Weights.Layer, _ index: Int, _ lanes: Lanes, cacheLayer: Int? = nil) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.attentionNorm, epsilon: configuration.normEpsilon, into: s.normalized,
      shape: lanes.shape)
    multiply([(layer.query, s.query), (layer.key, s.key), (layer.value, s.value)], by: s.normalized, lanes)
    s.rotary.apply(to: s.query, shape: lanes.shape, pool: pool)
    s.rotary.apply(to: s.key, shape: lanes.shape, pool: pool)
    pool.attention(
      layer: cacheLayer ?? index, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value,
      into: s.attention,
      scale: 1 / Float(configuration.headSize).squareRoot())
    multiply([(layer.attentionOutput, s.update)], by: s.attention, lanes)
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  /// x += Wdown · (silu(Wgate · h) ∘ Wup · h),  h = RMSNorm(x)
  func feedForward(_ layer: Weights.Layer, _ lanes: Lanes) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.feedForwardNorm, epsilon: configuration.normEpsilon, into: s.normalized,
      shape: lanes.shape)
    multiply([(layer.gate, s.gate), (layer.up, s.up)], by: s.normalized, lanes)
    pool.swiGLU(gate: s.gate, up: s.up, shape: lanes.shape)
    multiply([(layer.down, s.update)], by: s.gate, lanes)
    pool.add(s.update, to: s.residual, shape: lanes.shape)
  }

  /// Logits of the tokens asked for: they move to the first lanes, so that no lane is computed for nothing.
  private func output(_ segments: [Segment], logits: ((TokenTiles) -> Void)?) -> [LogitSummary] {
    let s = state
    var targets: [TokenID] = []
    var sources: [Int] = []
    var wanted: [Range<Int>] = []
    var first = 0
    for segment in segments {
      let end = first + segment.tokens.count
      let start = sources.count
      switch segment.outputs {
      case .last:
        sources.append(end - 1)
        targets.append(-1)
      case .all(let segmentTargets):
        precondition(segmentTargets.count == segment.tokens.count, "one target a token")
        sources += first..<end
        targets += segmentTargets
      }
      // A segment's outputs are scaled as one tensor, like its tokens.
      wanted.append(start..<sources.count)
      first = end
    }
    let shape = profile.shape(tokens: sources.count)
    s.selected.reshape(width: shape.width)
    for (token, source) in sources.enumerated() { s.selected.copyToken(source, of: s.residual, to: token) }
    s.selected.clearLanes(after: shape)
    s.normalized.reshape(width: shape.width)
    pool.rmsNorm(
      s.selected, weight: weights.outputNorm, epsilon: configuration.normEpsilon, into: s.normalized, shape: shape)
    let input = s.input(features: configuration.width)
    input.prepare(s.normalized, rounding: weights.head.inputRounding, shape: shape, segments: wanted, pool: pool)
    let kept = logits.map { _ in
      TokenTiles(features: configuration.vocabularySize, width: shape.width, capacity: shape.lanes)
    }
    let summaries = pool.summarizeLogits(head: weights.head, input: input, targets: targets, logits: kept)
    if let logits, let kept { logits(kept) }
    return summaries
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
      pool.multiply(remaining.filter { $0.weights.sharesInput(with: first.weights) }, by: input)
      remaining = remaining.filter { !$0.weights.sharesInput(with: first.weights) }[...]
    }
  }
}

extension Forward {
  /// Where each token of a step lies.
  struct Lanes {
    let shape: TileShape
    let tokens: [TokenPosition]
    let segments: [Range<Int>]
  }

  func place(_ segments: [Segment], shape: TileShape) -> Lanes {
    var tokens: [TokenPosition] = []
    var ranges: [Range<Int>] = []
    for segment in segments {
      precondition(segment.sequence.length + segment.tokens.count <= segment.sequence.capacity, "sequence is full")
      ranges.append(tokens.count..<tokens.count + segment.tokens.count)
      for index in segment.tokens.indices {
        tokens.append(TokenPosition(cache: segment.sequence.cache, position: segment.sequence.length + index))
      }
    }
    return Lanes(shape: shape, tokens: tokens, segments: ranges)
  }

  private func embed(_ segments: [Segment]) {
    var lane = 0
    for segment in segments {
      for token in segment.tokens {
        weights.embed(token, into: state.embedding)
        state.residual.setToken(lane, to: state.embedding)
        lane += 1
      }
    }
  }

  func reserve(_ lanes: Int) {
    guard lanes > state.capacity else { return }
    earlierOverflows += state.overflows
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, profile: profile, capacity: lanes)
  }
}
