package import Tensors

/// Runs a transformer over steps of tokens from many sequences.
///
/// One step computes the tokens of all its segments together; no token's result depends on which others are in the
/// step, on the number of threads, or on the order of segments.
package final class Forward {
  package let configuration: Configuration
  package let weights: Weights
  package let pool: WorkerPool
  /// Lanes of a tile; see ``GEMM/invariantWidth(for:)``.
  package let tileWidth: Int
  private var state: RunState
  private var earlierOverflows = 0

  /// - Throws: ``ModelError/noInvariantKernel(core:)`` when the BLAS kernel's results depend on the batch.
  package init(configuration: Configuration, weights: Weights, pool: WorkerPool) throws(ModelError) {
    let c = configuration
    let matrices = [
      (c.queryWidth, c.width), (c.kvWidth, c.width), (c.width, c.queryWidth), (c.feedForwardWidth, c.width),
      (c.width, c.feedForwardWidth), (c.vocabularySize, c.width),
    ]
    let shapes = matrices.reduce(into: Set<GEMMShape>()) { $0.formUnion(GEMMShape.blocks(rows: $1.0, columns: $1.1)) }
    guard let width = GEMM.invariantWidth(for: shapes) else { throw .noInvariantKernel(core: GEMM.coreName) }
    self.configuration = configuration
    self.weights = weights
    self.pool = pool
    tileWidth = width
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, width: width, tiles: 1)
  }

  /// Finite weights and activations so far that became infinite in a 16-bit format.
  package var overflows: Int { weights.weightOverflows + earlierOverflows + state.overflows }

  /// Appends each segment's tokens to its sequence and returns the logits asked for, in segment order.
  ///
  /// - Parameter logits: called once with all logits of the step, one token a lane in the order of the result; leave
  ///   it out unless whole distributions are needed.
  package func step(_ segments: [Segment], logits: ((TokenTiles) -> Void)? = nil) -> [LogitSummary] {
    let count = segments.reduce(0) { $0 + $1.tokens.count }
    guard count > 0 else { return [] }
    reserve(tokens: count)
    let tiles = (count + tileWidth - 1) / tileWidth
    let lanes = place(segments)
    embed(segments)
    state.rotary.prepare(positions: lanes.tokens.map(\.position))
    for (index, layer) in weights.layers.enumerated() {
      attend(layer, index, lanes: lanes, tiles: tiles)
      feedForward(layer, lanes: lanes, tiles: tiles)
    }
    for segment in segments { segment.sequence.advance(by: segment.tokens.count) }
    return output(segments, logits: logits)
  }

  /// x += Wo · attention(RMSNorm(x))
  private func attend(_ layer: Weights.Layer, _ index: Int, lanes: Lanes, tiles: Int) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.attentionNorm, epsilon: configuration.normEpsilon, into: s.normalized, tiles: tiles)
    multiply([(layer.query, s.query), (layer.key, s.key), (layer.value, s.value)], by: s.normalized, lanes, tiles)
    s.rotary.apply(to: s.query, tiles: tiles, pool: pool)
    s.rotary.apply(to: s.key, tiles: tiles, pool: pool)
    pool.attention(
      layer: index, tokens: lanes.tokens, queries: s.query, keys: s.key, values: s.value, into: s.attention,
      scale: 1 / Float(configuration.headSize).squareRoot())
    multiply([(layer.attentionOutput, s.update)], by: s.attention, lanes, tiles)
    pool.add(s.update, to: s.residual, tiles: tiles)
  }

  /// x += Wdown · (silu(Wgate · h) ∘ Wup · h),  h = RMSNorm(x)
  private func feedForward(_ layer: Weights.Layer, lanes: Lanes, tiles: Int) {
    let s = state
    pool.rmsNorm(
      s.residual, weight: layer.feedForwardNorm, epsilon: configuration.normEpsilon, into: s.normalized, tiles: tiles)
    multiply([(layer.gate, s.gate), (layer.up, s.up)], by: s.normalized, lanes, tiles)
    pool.swiGLU(gate: s.gate, up: s.up, tiles: tiles)
    multiply([(layer.down, s.update)], by: s.gate, lanes, tiles)
    pool.add(s.update, to: s.residual, tiles: tiles)
  }

  /// Logits of the tokens asked for: they move to the first lanes, so that no lane is computed for nothing.
  private func output(_ segments: [Segment], logits: ((TokenTiles) -> Void)?) -> [LogitSummary] {
    let s = state
    var targets: [TokenID] = []
    var wanted: [Range<Int>] = []
    var first = 0
    for segment in segments {
      let end = first + segment.tokens.count
      let tokens: Range<Int>
      switch segment.outputs {
      case .last:
        tokens = end - 1..<end
        targets.append(-1)
      case .all(let segmentTargets):
        precondition(segmentTargets.count == segment.tokens.count, "one target a token")
        tokens = first..<end
        targets += segmentTargets
      }
      for token in tokens { s.selected.copyToken(token, of: s.residual, to: targets.count - tokens.upperBound + token) }
      // A segment's outputs are scaled as one tensor, like its tokens.
      wanted.append(targets.count - tokens.count..<targets.count)
      first = end
    }
    let tiles = (targets.count + tileWidth - 1) / tileWidth
    pool.rmsNorm(
      s.selected, weight: weights.outputNorm, epsilon: configuration.normEpsilon, into: s.normalized, tiles: tiles)
    let input = s.input(features: configuration.width)
    input.prepare(
      s.normalized, rounding: weights.head.inputRounding, tileCount: tiles, segments: wanted, pool: pool)
    let kept = logits.map { _ in
      TokenTiles(features: configuration.vocabularySize, width: tileWidth, capacity: tiles)
    }
    let summaries = pool.summarizeLogits(head: weights.head, input: input, targets: targets, logits: kept)
    if let logits, let kept { logits(kept) }
    return summaries
  }

  /// Multiplies matrices that share an input; each distinct rounding of it is made once.
  private func multiply(
    _ linears: [(weights: Linear, output: TokenTiles)], by source: TokenTiles, _ lanes: Lanes, _ tiles: Int
  ) {
    let input = state.input(features: source.features)
    var remaining = linears[...]
    while let first = remaining.first {
      let rounding = first.weights.inputRounding
      input.prepare(source, rounding: rounding, tileCount: tiles, segments: lanes.segments, pool: pool)
      pool.multiply(remaining.filter { $0.weights.inputRounding == rounding }, by: input, tiles: tiles)
      remaining = remaining.filter { $0.weights.inputRounding != rounding }[...]
    }
  }
}

extension Forward {
  /// Where each token of a step lies.
  private struct Lanes {
    let tokens: [TokenPosition]
    let segments: [Range<Int>]
  }

  private func place(_ segments: [Segment]) -> Lanes {
    var tokens: [TokenPosition] = []
    var ranges: [Range<Int>] = []
    for segment in segments {
      precondition(segment.sequence.length + segment.tokens.count <= segment.sequence.capacity, "sequence is full")
      ranges.append(tokens.count..<tokens.count + segment.tokens.count)
      for index in segment.tokens.indices {
        tokens.append(TokenPosition(cache: segment.sequence.cache, position: segment.sequence.length + index))
      }
    }
    return Lanes(tokens: tokens, segments: ranges)
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

  private func reserve(tokens: Int) {
    let tiles = (tokens + tileWidth - 1) / tileWidth
    guard tiles > state.tiles else { return }
    earlierOverflows += state.overflows
    state = RunState(configuration, ropeDivisors: weights.ropeDivisors, width: tileWidth, tiles: tiles)
  }
}
