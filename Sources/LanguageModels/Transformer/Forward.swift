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
  /// Disturbs the residual stream after each layer; for measuring what rounding alone does.
  private let noise: RoundingNoise?

  package init(
    configuration: Configuration, weights: Weights, profile: KernelProfile, pool: WorkerPool,
    noise: RoundingNoise? = nil
  ) {
    self.noise = noise
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
    guard segments.contains(where: { !$0.tokens.isEmpty }) else { return [] }
    runLayers(segments)
    return output(segments, logits: logits)
  }

  /// Appends each segment's tokens to its sequence; their final residuals lie in the run state, a lane a token.
  private func runLayers(_ segments: [Segment]) {
    let shape = profile.shape(tokens: segments.reduce(0) { $0 + $1.tokens.count })
    reserve(shape.lanes)
    state.reshape(shape)
    let lanes = place(segments, shape: shape)
    embed(segments)
    state.rotary.prepare(positions: lanes.tokens.map(\.position), width: shape.width)
    for (index, layer) in weights.layers.enumerated() {
      attend(layer, index, lanes)
      feedForward(layer, lanes)
      noise?.perturb(state.residual, shape: shape, layer: index, positions: lanes.tokens.map(\.position), pool: pool)
    }
    for segment in segments { segment.sequence.advance(by: segment.tokens.count) }
  }

  /// x += Wo · attention(RMSNorm(x))
  private func attend(_ layer: Weights.Layer, _ index: Int, _ lanes: Lanes) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.attentionNorm, epsilon: configuration.normEpsilon, into: s.normalized,
      shape: lanes.shape)
    multiply([(layer.query, s.query), (layer.key, s.key), (layer.value, s.value)], by: s.normalized, lanes)
    s.rotary.apply(to: s.query, shape: lanes.shape, pool: pool)
    s.rotary.apply(to: s.key, shape: lanes.shape, pool: pool)
    pool.attention(
      layer: index, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value, into: s.attention,
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
    return output(
      of: s.residual, tokens: sources, tensors: wanted, targets: targets, keepsLogits: logits != nil
    ) { _, kept in kept.map { logits?($0) } }
  }

  /// Logits of some lanes of final residuals.
  /// - Parameter use: receives the shape of the logits, and the logits themselves if they are kept.
  @discardableResult
  private func output(
    of residuals: TokenTiles, tokens: [Int], tensors: [Range<Int>], targets: [TokenID], keepsLogits: Bool,
    use: (TileShape, TokenTiles?) -> Void
  ) -> [LogitSummary] {
    let s = state
    let shape = profile.shape(tokens: tokens.count)
    s.selected.reshape(width: shape.width)
    for (token, source) in tokens.enumerated() { s.selected.copyToken(source, of: residuals, to: token) }
    s.selected.clearLanes(after: shape)
    s.normalized.reshape(width: shape.width)
    pool.rmsNorm(
      s.selected, weight: weights.outputNorm, epsilon: configuration.normEpsilon, into: s.normalized, shape: shape)
    let input = s.input(features: configuration.width)
    input.prepare(s.normalized, rounding: weights.head.inputRounding, shape: shape, segments: tensors, pool: pool)
    let kept =
      keepsLogits
      ? TokenTiles(features: configuration.vocabularySize, width: shape.width, capacity: shape.lanes) : nil
    let summaries = pool.summarizeLogits(head: weights.head, input: input, targets: targets, logits: kept)
    use(shape, kept)
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
  /// Reads the segments and keeps the final residuals of some of their tokens, in order, to take logits of later.
  ///
  /// - Parameter kept: for each segment, which of its tokens.
  package func residuals(_ segments: [Segment], kept: [Range<Int>]) -> FinalResiduals {
    runLayers(segments)
    let result = FinalResiduals(width: configuration.width, capacity: kept.reduce(0) { $0 + $1.count })
    var first = 0
    for (segment, range) in zip(segments, kept) {
      precondition(range.lowerBound >= 0 && range.upperBound <= segment.tokens.count, "tokens of the segment")
      for token in range { result.append(first + token, of: state.residual) }
      first += segment.tokens.count
    }
    return result
  }

  /// The logits of some tokens whose residuals were kept; each token is a tensor of its own, as in decoding.
  ///
  /// - Parameter targets: for each token, the vocabulary entry to look up, or -1.
  package func logits(of residuals: FinalResiduals, tokens: Range<Int>, targets: [TokenID]) -> LogitBlock {
    precondition(tokens.upperBound <= residuals.count && targets.count == tokens.count, "one target a token")
    reserve(profile.shape(tokens: tokens.count).lanes)
    var result: (shape: TileShape, tiles: TokenTiles)?
    let summaries = output(
      of: residuals.tiles, tokens: Array(tokens),
      tensors: tokens.indices.map { $0 - tokens.lowerBound }.map { $0..<$0 + 1 },
      targets: targets, keepsLogits: true
    ) { shape, kept in result = kept.map { (shape, $0) } }
    guard let result else { preconditionFailure("the logits were asked for") }
    return LogitBlock(tiles: result.tiles, shape: result.shape, summaries: summaries)
  }

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
      let decoded = tokens.count + segment.wholeTensor
      ranges.append(tokens.count..<decoded)
      ranges += (decoded..<tokens.count + segment.tokens.count).map { $0..<$0 + 1 }
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

  private func reserve(_ lanes: Int) {
    guard lanes > state.capacity else { return }
    earlierOverflows += state.overflows
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, profile: profile, capacity: lanes)
  }
}
