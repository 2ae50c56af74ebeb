package import Tensors

/// Runs a transformer over steps of tokens from many sequences.
///
/// One step computes the tokens of all its segments together; no token's result depends on which others are in the
/// step, on the number of threads, or on the order of segments.
package final class Forward {
  package let configuration: Configuration
  package let weights: Weights
  package let pool: WorkerPool
  /// How sequences made for this transformer store keys and values.
  package let cacheFormat: CacheFormat
  let stack: LayerStack
  private let logitScratch = LogitScratch()

  package init(
    configuration: Configuration, weights: Weights, cacheFormat: CacheFormat, profile: KernelProfile, pool: WorkerPool,
    noise: RoundingNoise? = nil
  ) {
    self.configuration = configuration
    self.weights = weights
    self.cacheFormat = cacheFormat
    self.pool = pool
    stack = LayerStack(
      configuration: configuration, ropeDivisors: weights.ropeDivisors, profile: profile, pool: pool, noise: noise)
  }

  /// Lanes of the narrowest tile through BLAS, part of a run's provenance.
  package var tileWidth: Int { stack.profile.baseWidth }

  /// Finite weights, activations, keys and values so far that became infinite in a 16-bit format.
  package var overflows: Int { weights.weightOverflows + stack.overflows }

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
    let lanes = stack.begin(segments)
    embed(segments)
    for (index, layer) in weights.layers.enumerated() {
      stack.run(layer, index: index, cacheIndex: index, lanes)
    }
    for segment in segments { segment.sequence.advance(by: segment.tokens.count) }
  }

  /// Logits of the tokens asked for: they move to the first lanes, so that no lane is computed for nothing.
  private func output(_ segments: [Segment], logits: ((TokenTiles) -> Void)?) -> [LogitSummary] {
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
      of: stack.state.residual, tokens: sources, tensors: wanted, targets: targets, keepsLogits: logits != nil
    ) { _, kept in kept.map { logits?($0) } }
  }

  /// Logits of some lanes of final residuals.
  /// - Parameter use: receives the shape of the logits, and the logits themselves if they are kept.
  @discardableResult
  private func output(
    of residuals: TokenTiles, tokens: [Int], tensors: [Range<Int>], targets: [TokenID], keepsLogits: Bool,
    use: (TileShape, TokenTiles?) -> Void
  ) -> [LogitSummary] {
    let s = stack.state
    let shape = stack.profile.shape(tokens: tokens.count)
    s.selected.reshape(width: shape.width)
    for (token, source) in tokens.enumerated() { s.selected.copyToken(source, of: residuals, to: token) }
    s.selected.clearLanes(after: shape)
    s.normalized.reshape(width: shape.width)
    stack.normalize(s.selected, weights.outputNorm, into: s.normalized, shape)
    let input = s.input(features: configuration.width)
    input.prepare(s.normalized, rounding: weights.head.inputRounding, shape: shape, segments: tensors, pool: pool)
    let kept =
      keepsLogits
      ? TokenTiles(features: configuration.vocabularySize, width: shape.width, capacity: shape.lanes) : nil
    let summaries = pool.summarizeLogits(
      head: weights.head, input: input, targets: targets, logits: kept, softCap: configuration.logitSoftCap,
      scratch: logitScratch)
    use(shape, kept)
    return summaries
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
      for token in range { result.append(first + token, of: stack.state.residual) }
      first += segment.tokens.count
    }
    return result
  }

  /// The logits of some tokens whose residuals were kept; each token is a tensor of its own, as in decoding.
  ///
  /// - Parameter targets: for each token, the vocabulary entry to look up, or -1.
  package func logits(of residuals: FinalResiduals, tokens: Range<Int>, targets: [TokenID]) -> LogitBlock {
    precondition(tokens.upperBound <= residuals.count && targets.count == tokens.count, "one target a token")
    stack.reserve(stack.profile.shape(tokens: tokens.count).lanes)
    var result: (shape: TileShape, tiles: TokenTiles)?
    let summaries = output(
      of: residuals.tiles, tokens: Array(tokens),
      tensors: tokens.indices.map { $0 - tokens.lowerBound }.map { $0..<$0 + 1 },
      targets: targets, keepsLogits: true
    ) { shape, kept in result = kept.map { (shape, $0) } }
    guard let result else { preconditionFailure("the logits were asked for") }
    return LogitBlock(tiles: result.tiles, shape: result.shape, summaries: summaries)
  }

  private func embed(_ segments: [Segment]) {
    var lane = 0
    for segment in segments {
      for (index, token) in segment.tokens.enumerated() {
        weights.embed(token, position: segment.sequence.length + index, into: stack.state.embedding)
        stack.state.residual.setToken(lane, to: stack.state.embedding)
        lane += 1
      }
    }
  }

}
