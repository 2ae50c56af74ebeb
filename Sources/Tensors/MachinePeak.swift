import COpenBLAS

/// What this machine can do at most, measured: the yardsticks of the engine's speed.
package enum MachinePeak {
  /// Floating-point operations a second of plain SGEMM calls, one whole product a thread: the best of several rounds.
  ///
  /// - Parameters:
  ///   - rows, columns: the weight matrix.
  ///   - tokens: columns of the right-hand operand.
  package static func gemm(rows: Int, columns: Int, tokens: Int, threads: Int) -> Double {
    let weights = (0..<threads).map { _ in AlignedBuffer<Float>(repeating: 0.5, count: rows * columns) }
    let inputs = (0..<threads).map { _ in AlignedBuffer<Float>(repeating: 0.25, count: columns * tokens) }
    let outputs = (0..<threads).map { _ in AlignedBuffer<Float>(count: rows * tokens) }
    let pool = WorkerPool(threads: threads)
    let calls = max(1, 400_000_000 / (rows * columns * tokens))
    return best {
      pool.run(threads) { thread in
        let block = WeightBlock(weights[thread].base, rows: rows, depth: columns)
        for _ in 0..<calls {
          GEMM.multiply(block, width: tokens, input: inputs[thread].base, output: outputs[thread].base)
        }
      }
    } * Double(2 * rows * columns * tokens * calls * threads)
  }

  /// Bytes a second that all threads together read from memory, in order.
  package static func readBandwidth(threads: Int) -> Double {
    let count = 1 << 26
    let memory = AlignedBuffer<Float>(repeating: 1, count: count)
    let sums = AlignedBuffer<Float>(count: threads)
    let pool = WorkerPool(threads: threads)
    return best {
      pool.run(threads) { thread in
        let vectors = UnsafeRawPointer(memory.base + thread * (count / threads)).assumingMemoryBound(
          to: SIMD16<Float>.self)
        var sum = (SIMD16<Float>.zero, SIMD16<Float>.zero, SIMD16<Float>.zero, SIMD16<Float>.zero)
        for i in stride(from: 0, to: count / threads / 16 - 3, by: 4) {
          sum.0 += vectors[i]
          sum.1 += vectors[i + 1]
          sum.2 += vectors[i + 2]
          sum.3 += vectors[i + 3]
        }
        sums.base[thread] = (sum.0 + sum.1 + sum.2 + sum.3).sum()
      }
    } * Double(count * 4)
  }

  /// Rounds a second, the fastest of them.
  private static func best(_ round: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<8).reduce(0) { best, _ in max(best, 1 / (clock.measure(round) / .seconds(1))) }
  }
}
