import CKernels
import Glibc

/// The logits of a block of tokens over the whole vocabulary, and what is known of each token.
package struct LogitBlock {
  /// `[vocabulary]` features, a lane a token.
  package let tiles: TokenTiles
  package let shape: TileShape
  /// One a token; logit - ``LogitSummary/logSumExp`` is ln p.
  package let summaries: [LogitSummary]
  /// Log-probabilities that are not above it carry no information; -∞ where all do.
  package let floor: Double
  /// Whether these are log-probabilities of a `_logits_` file; comparisons with them are made in FP32 where llama.cpp makes
  /// them so, because the file's 16 bits bound the precision and its numbers are the reference.
  package var isCoded: Bool { floor.isFinite }

  package init(tiles: TokenTiles, shape: TileShape, summaries: [LogitSummary], floor: Double = -.infinity) {
    precondition(summaries.count == shape.tokens, "one summary a token")
    self.tiles = tiles
    self.shape = shape
    self.summaries = summaries
    self.floor = floor
  }

  /// Summarises logits that come from elsewhere.
  ///
  /// - Parameters:
  ///   - targets: for each token, the entry whose logit to keep, or -1.
  ///   - areLogProbabilities: the values are ln p as they are; their sum is not taken again.
  package init(
    tiles: TokenTiles, shape: TileShape, targets: [Int32], areLogProbabilities: Bool = false,
    floor: Double = -.infinity
  ) {
    let width = shape.width
    let values = AlignedBuffer<Float>(count: 3 * width)
    let entries = AlignedBuffer<Int32>(count: 3 * width)
    let sums = AlignedBuffer<Double>(count: width)
    var summaries: [LogitSummary] = []
    for tile in 0..<shape.tiles {
      let first = tile * width
      for lane in 0..<width {
        entries.base[2 * width + lane] = first + lane < targets.count ? targets[first + lane] : -1
      }
      assay_summarize_logits(
        tiles.tile(tile), Int32(tiles.features), Int32(width), 0,
        assay_logit_summary(
          best: values.base, second: values.base + width, best_index: entries.base,
          second_index: entries.base + width, sum: sums.base, chosen: values.base + 2 * width,
          target: entries.base + 2 * width))
      for lane in 0..<shape.tokens(inTile: tile) {
        let sum =
          areLogProbabilities ? (sums.base[lane].isFinite ? 0 : .nan) : Double(values.base[lane]) + log(sums.base[lane])
        summaries.append(
          LogitSummary(
            best: values.base[lane], second: values.base[width + lane], bestIndex: entries.base[lane],
            secondIndex: entries.base[width + lane], logSumExp: sum,
            target: targets[first + lane] >= 0 ? values.base[2 * width + lane] : nil))
      }
    }
    self.init(tiles: tiles, shape: shape, summaries: summaries, floor: floor)
  }

  /// The same in tiles of another width.
  fileprivate func cut(into other: TileShape, pool: WorkerPool) -> LogitBlock {
    let copy = TokenTiles(features: tiles.features, width: other.width, capacity: other.lanes)
    let part = 1024
    pool.run((tiles.features + part - 1) / part) { index in
      for token in 0..<shape.tokens {
        let (from, to) = (tiles.lane(token), copy.lane(token))
        for entry in index * part..<min(tiles.features, (index + 1) * part) {
          to[entry * other.width] = from[entry * shape.width]
        }
      }
    }
    return LogitBlock(tiles: copy, shape: other, summaries: summaries, floor: floor)
  }

  /// One token's logit of one vocabulary entry.
  package subscript(token: Int, entry: Int32) -> Float {
    precondition(entry >= 0 && Int(entry) < tiles.features, "entry outside the vocabulary")
    return tiles.lane(token)[Int(entry) * tiles.width]
  }

  /// The most likely entries of one token with their logits, best first; the smaller entry wins a tie.
  package func top(_ count: Int, of token: Int) -> [(entry: Int32, logit: Float)] {
    let lane = tiles.lane(token)
    var best: [(entry: Int32, logit: Float)] = []
    for entry in 0..<tiles.features {
      let logit = lane[entry * tiles.width]
      if best.count == count, !(logit > best[count - 1].logit) { continue }
      let place = best.firstIndex { logit > $0.logit } ?? best.count
      best.insert((Int32(entry), logit), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

/// How far one token's two distributions are apart.
package struct LogitComparison: Hashable, Sendable {
  /// KL(reference‖submission) in nats.
  package let divergence: Double
  /// How many entries the submission finds more likely than the reference's most likely one.
  package let rank: Int
}

extension WorkerPool {
  /// Compares two models' logits of the same tokens, in Float64, rows summed in a fixed order; with ``LogitBlock/isCoded``
  /// references the terms are FP32.
  package func compare(reference: LogitBlock, submission: LogitBlock) -> [LogitComparison] {
    let (shape, vocabulary) = (submission.shape, submission.tiles.features)
    precondition(
      reference.shape.tokens == shape.tokens && reference.tiles.features == vocabulary, "blocks of the same tokens")
    // A file's tiles are wider than those of some kernels.
    let reference = reference.shape == shape ? reference : reference.cut(into: shape, pool: self)
    let (width, rowsPerPart) = (shape.width, 1024)
    let parts = (vocabulary + rowsPerPart - 1) / rowsPerPart
    let shifts = AlignedBuffer<Double>(count: 2 * shape.lanes)
    let levels = AlignedBuffer<Float>(count: shape.lanes)
    let tokens = AlignedBuffer<Int32>(count: shape.lanes)
    for token in 0..<shape.tokens {
      shifts.base[token] = reference.summaries[token].logSumExp
      let summary = submission.summaries[token]
      shifts.base[shape.lanes + token] = reference.isCoded ? Double(summary.logSumExpFP32) : summary.logSumExp
      tokens.base[token] = reference.summaries[token].bestIndex
      levels.base[token] = submission[token, reference.summaries[token].bestIndex]
    }
    let divergences = AlignedBuffer<Double>(count: parts * shape.lanes)
    let ranks = AlignedBuffer<Int32>(count: parts * shape.lanes)
    run(parts * shape.tiles) { task in
      let (tile, part) = (task / parts, task % parts)
      let first = part * rowsPerPart
      let (lane, cell) = (tile * width, part * shape.lanes + tile * width)
      assay_compare_logits(
        reference.tiles.tile(tile) + first * width, submission.tiles.tile(tile) + first * width,
        Int32(min(rowsPerPart, vocabulary - first)), Int32(width), Int32(first), reference.floor,
        assay_logit_pair(
          p_shift: shifts.base + lane, q_shift: shifts.base + shape.lanes + lane, level: levels.base + lane,
          token: tokens.base + lane, is_code: reference.isCoded ? 1 : 0),
        divergences.base + cell, ranks.base + cell)
    }
    return (0..<shape.tokens).map { token in
      var (divergence, rank) = (0.0, 0)
      for part in 0..<parts {
        divergence += divergences.base[part * shape.lanes + token]
        rank += Int(ranks.base[part * shape.lanes + token])
      }
      return LogitComparison(divergence: divergence, rank: rank)
    }
  }
}
