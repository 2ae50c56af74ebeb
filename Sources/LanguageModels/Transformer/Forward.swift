package import Tensors

/// Runs a transformer over steps of tokens from many sequences.
///
/// One step computes the tokens of all its segments together; no token's result depends on which others are in the
/// step, on the number of threads, or on the order of segments.
package final class Forward {
  package let configuration: Configuration
  package let weights: Weights
  package let pool: WorkerPool
  private let profile: KernelProfile
  private var state: RunState
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
    for rotary in state.rotaries { rotary.prepare(positions: lanes.tokens.map(\.position), width: shape.width) }
    for (index, layer) in weights.layers.enumerated() {
      attend(layer, index, lanes)
      feedForward(layer, lanes)
    }
    for segment in segments { segment.sequence.advance(by: segment.tokens.count) }
    return output(segments, logits: logits)
  }

  /// x += Wo · attention(norm(x))
  private func attend(_ layer: Weights.Layer, _ index: Int, _ lanes: Lanes) {
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
    pool.attention(
      layer: index, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value, into: s.attention,
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

  private func normalize(_ x: TokenTiles, _ norm: Weights.Norm, into out: TokenTiles, _ shape: TileShape) {
    if let bias = norm.bias {
      pool.layerNorm(
        x, weight: norm.weight, bias: bias, epsilon: configuration.normEpsilon, into: out, shape: shape)
    } else {
      pool.rmsNorm(x, weight: norm.weight, epsilon: configuration.normEpsilon, into: out, shape: shape)
    }
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
    normalize(s.selected, weights.outputNorm, into: s.normalized, shape)
    let input = s.input(features: configuration.width)
    input.prepare(s.normalized, rounding: weights.head.inputRounding, shape: shape, segments: wanted, pool: pool)
    let kept = logits.map { _ in
      TokenTiles(features: configuration.vocabularySize, width: shape.width, capacity: shape.lanes)
    }
    let summaries = pool.summarizeLogits(
      head: weights.head, input: input, targets: targets, logits: kept, softCap: configuration.logitSoftCap)
    if let logits, let kept { logits(kept) }
    return summaries
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
      pool.multiply(remaining.filter { $0.weights.inputRounding == rounding }, by: input)
      remaining = remaining.filter { $0.weights.inputRounding != rounding }[...]
    }
  }
}

extension Forward {
  /// Where each token of a step lies.
  private struct Lanes {
    let shape: TileShape
    let tokens: [TokenPosition]
    let segments: [Range<Int>]
  }

  private func place(_ segments: [Segment], shape: TileShape) -> Lanes {
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
      for (index, token) in segment.tokens.enumerated() {
        weights.embed(token, position: segment.sequence.length + index, into: state.embedding)
        state.residual.setToken(lane, to: state.embedding)
        lane += 1
      }
    }
  }

  private func reserve(_ lanes: Int) {
    guard lanes > state.capacity else { return }
    earlierOverflows += state.overflows
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, profile: profile, capacity: lanes)
  }
}
