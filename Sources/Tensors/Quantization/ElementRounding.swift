import CKernels

/// 16-bit floating-point formats that values are rounded to and computed with in FP32.
package enum HalfFormat: Hashable, Sendable {
  case fp16
  case bf16
}

extension AlignedBuffer<Float> {
  /// Rounds every value to the format (nearest, ties to even) in place.
  /// - Returns: the number of finite values that became infinite.
  package func round(to format: HalfFormat) -> Int {
    format == .fp16 ? assay_round_fp16(base, base, count) : assay_round_bf16(base, base, count)
  }

  /// Multiplies the columns of a matrix of `rows` by one factor each.
  package func multiplyColumns(by factors: AlignedBuffer<Float>, rows: Int, pool: WorkerPool) {
    let columns = factors.count
    precondition(count == rows * columns, "values do not fill the matrix")
    pool.run(rows) { row in
      for k in 0..<columns { base[row * columns + k] *= factors.base[k] }
    }
  }

  /// Largest magnitude of each column of a matrix of `rows`.
  package func columnMagnitudes(rows: Int) -> [Float] {
    precondition(rows > 0 && count % rows == 0, "values do not fill the matrix")
    let columns = count / rows
    var largest = [Float](repeating: 0, count: columns)
    for row in 0..<rows {
      for k in 0..<columns { largest[k] = max(largest[k], abs(base[row * columns + k])) }
    }
    return largest
  }

  /// Number of values that are NaN or infinite.
  package func countNonFinite() -> Int { assay_count_nonfinite(base, count) }
}
