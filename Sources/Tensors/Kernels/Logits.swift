import CKernels
import Glibc

/// What a step needs to know of one token's logits.
package struct LogitSummary: Sendable, Hashable {
  /// Largest and second largest logit; the smaller index wins a tie.
  package let best: Float
  package let second: Float
  package let bestIndex: Int32
  package let secondIndex: Int32
  /// ln Σ exp(logit), summed in Float64.
  package let logSumExp: Double
  /// Logit of the token asked for, if any.
  package let target: Float?

  /// ln p of the most likely token.
  package var bestLogProbability: Double { Double(best) - logSumExp }
  /// p of the most likely token.
  package var bestProbability: Double { exp(bestLogProbability) }
  /// p of an entry with this logit.
  package func probability(ofLogit logit: Float) -> Double { exp(Double(logit) - logSumExp) }
  /// ln p of the token asked for.
  package var targetLogProbability: Double? { target.map { Double($0) - logSumExp } }
  /// ``logSumExp`` as llama.cpp's perplexity tool has it: a sum of two FP32 numbers.
  var logSumExpFP32: Float { best + Float(logSumExp - Double(best)) }
  /// ln p of the token asked for in FP32, as llama.cpp's perplexity tool computes it.
  package var targetLogProbabilityFP32: Double? { target.map { Double($0 - logSumExpFP32) } }
  /// Logit difference between the two most likely tokens.
  package var margin: Float { best - second }
  package var isFinite: Bool { logSumExp.isFinite && best.isFinite }
}

/// What is known of every block of logits until it is put together; reused from step to step.
package final class LogitScratch {
  fileprivate private(set) var best = AlignedBuffer<Float>(count: 0)
  fileprivate private(set) var index = AlignedBuffer<Int32>(count: 0)
  fileprivate private(set) var sum = AlignedBuffer<Double>(count: 0)
  fileprivate private(set) var chosen = AlignedBuffer<Float>(count: 0)
  fileprivate private(set) var wanted = AlignedBuffer<Int32>(count: 0)

  package init() {}

  /// Makes room for `cells`, one a lane and block, and `lanes`.
  fileprivate func reserve(cells: Int, lanes: Int) {
    if sum.count < cells {
      best = AlignedBuffer(count: 2 * cells)
      index = AlignedBuffer(count: 2 * cells)
      sum = AlignedBuffer(count: cells)
    }
    if chosen.count < lanes {
      chosen = AlignedBuffer(count: lanes)
      wanted = AlignedBuffer(count: lanes)
    }
  }

  /// Memory for the logits of so many lanes.
  package static func byteCount(vocabulary: Int, lanes: Int) -> Int {
    (vocabulary + GEMM.blockRows - 1) / GEMM.blockRows * lanes * 24 + lanes * 8
  }
}

extension WorkerPool {
  /// Multiplies the output matrix with final hidden states and summarises each token's logits.
  ///
  /// - Parameters:
  ///   - targets: for each token, the vocabulary entry whose logit to keep, or -1.
  ///   - softCap: logits become cap · tanh(logit / cap); `nil` leaves them.
  ///   - logits: where to keep all logits, `rows` features; `nil` when only the summary is wanted.
  ///   - scratch: memory to use.
  package func summarizeLogits(
    head: Linear, input: LinearInput, targets: [Int32], logits: TokenTiles? = nil, softCap: Float? = nil,
    scratch: LogitScratch = LogitScratch()
  ) -> [LogitSummary] {
    let (width, tiles) = (input.shape.width, input.shape.tiles)
    precondition(targets.count == input.shape.tokens, "one target a token")
    let blocks = head.blockCount
    let cells = tiles * blocks * width
    scratch.reserve(cells: cells, lanes: tiles * width)
    let (best, index, sum) = (scratch.best, scratch.index, scratch.sum)
    let (chosen, wanted) = (scratch.chosen, scratch.wanted)
    for lane in 0..<tiles * width { wanted.base[lane] = lane < targets.count ? targets[lane] : -1 }

    run(blocks * tiles) { task in
      let (block, tile) = (task / tiles, task % tiles)
      let first = block * GEMM.blockRows
      let rows = head.rows(ofBlock: block)
      let cell = (tile * blocks + block) * width
      let output: UnsafeMutablePointer<Float>
      if let logits {
        output = logits.tile(tile) + first * width
      } else {
        output = assay_outer_scratch(rows * width * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      }
      head.multiplyBlock(block, input: input, tiles: tile..<tile + 1) { _ in output }
      if let softCap { assay_soft_cap(output, rows * width, softCap) }
      assay_summarize_logits(
        output, Int32(rows), Int32(width), Int32(first),
        assay_logit_summary(
          best: best.base + cell, second: best.base + cells + cell, best_index: index.base + cell,
          second_index: index.base + cells + cell, sum: sum.base + cell, chosen: chosen.base + tile * width,
          target: wanted.base + tile * width))
    }

    return targets.indices.map { token in
      var top = (value: -Float.infinity, index: Int32(0))
      var next = top
      let first = token / width * blocks * width + token % width
      for block in 0..<blocks {
        let cell = first + block * width
        for (value, position) in [
          (best.base[cell], index.base[cell]), (best.base[cells + cell], index.base[cells + cell]),
        ] {
          if value > top.value {
            next = top
            top = (value, position)
          } else if value > next.value {
            next = (value, position)
          }
        }
      }
      var total = 0.0
      for block in 0..<blocks {
        let cell = first + block * width
        total += sum.base[cell] * assay_exp(Double(best.base[cell]) - Double(top.value))
      }
      return LogitSummary(
        best: top.value, second: next.value, bestIndex: top.index, secondIndex: next.index,
        logSumExp: Double(top.value) + log(total), target: targets[token] >= 0 ? chosen.base[token] : nil)
    }
  }
}
