import CKernels

/// The upper triangular U with `H⁻¹ = Uᵀ U`, which says how GPTQ makes up for the error of a column in those after it.
///
/// H = 2/N Σ x xᵀ with `damping · mean(diag H)` added to its diagonal. Inputs that are always zero get H_jj = 1.
/// U comes from the reversed Cholesky factor: `H = R Rᵀ` with R upper, `U = R⁻¹`; no inverse of H is formed.
package final class InverseHessian {
  package let size: Int
  /// `order[i]` is the column that is rounded as the i-th.
  package let order: [Int]
  /// Columns whose input was zero for every token; their weights do not matter and become zero.
  package let isDead: [Bool]
  /// `[size][size]` in the order of rounding; zero below the diagonal.
  let upper: AlignedBuffer<Double>

  private static let blockSize = 64

  /// - Parameters:
  ///   - byMagnitude: columns with the largest diagonal first, instead of from left to right.
  ///   - damping: share of the mean diagonal, above 0.
  /// - Returns: `nil` when the matrix holds a NaN or an infinity.
  package init?(_ gram: GramMatrix, byMagnitude: Bool, damping: Double, pool: WorkerPool) {
    precondition(damping > 0, "damping keeps the matrix positive definite")
    let n = gram.features
    size = n
    let scale = 2 / Double(max(1, gram.tokens))
    let diagonal = (0..<n).map { gram[$0, $0] * scale }
    guard diagonal.allSatisfy(\.isFinite) else { return nil }
    isDead = diagonal.map { $0 == 0 }
    let live = zip(diagonal, isDead).map { $1 ? 1 : $0 }
    // Stable, so that equal magnitudes stay in the order of columns.
    order = byMagnitude ? (0..<n).sorted { (live[$1], $0) < (live[$0], $1) } : Array(0..<n)
    let extra = damping * live.reduce(0, +) / Double(n)

    // The last column first, which turns the usual lower factor into the upper one that is wanted.
    let lower = AlignedBuffer<Double>(count: n * n)
    for i in 0..<n {
      let row = order[n - 1 - i]
      for j in 0...i {
        let column = order[n - 1 - j]
        lower.base[i * n + j] = i == j ? live[row] + extra : gram[row, column] * scale
      }
    }
    guard Self.factor(lower, n, pool) else { return nil }
    let inverse = Self.invert(lower, n, pool)
    upper = AlignedBuffer(count: n * n)
    for i in 0..<n {
      for j in i..<n { upper.base[i * n + j] = inverse.base[(n - 1 - i) * n + n - 1 - j] }
    }
  }

  /// Replaces the lower half of a symmetric matrix by L with `A = L Lᵀ`; false when it is not positive definite.
  private static func factor(_ a: AlignedBuffer<Double>, _ n: Int, _ pool: WorkerPool) -> Bool {
    for first in stride(from: 0, to: n, by: blockSize) {
      let end = min(n, first + blockSize)
      for j in first..<end {
        let row = a.base + j * n
        for k in first..<j { row[j] -= row[k] * row[k] }
        guard row[j] > 0, row[j].isFinite else { return false }
        row[j] = row[j].squareRoot()
        for i in j + 1..<max(end, j + 1) { solve(a, n, row: i, column: j, first: first) }
      }
      guard end < n else { break }
      let rest = n - end
      // The panel below the diagonal block, and its transpose beside it, so that updates read whole rows.
      let transposed = AlignedBuffer<Double>(count: (end - first) * rest)
      pool.run(rest) { index in
        for j in first..<end {
          solve(a, n, row: end + index, column: j, first: first)
          transposed.base[(j - first) * rest + index] = a.base[(end + index) * n + j]
        }
      }
      pool.run((rest + blockSize - 1) / blockSize) { block in
        let start = block * blockSize
        let rows = min(blockSize, rest - start)
        assay_subtract_product(
          a.base + (end + start) * n + end, n, a.base + (end + start) * n + first, n, transposed.base, rest,
          Int32(rows), Int32(end - first), Int32(start + rows))
      }
    }
    return true
  }

  /// One element of a panel, from those left of it within the block.
  private static func solve(_ a: AlignedBuffer<Double>, _ n: Int, row: Int, column: Int, first: Int) {
    let (left, right) = (a.base + row * n, a.base + column * n)
    var value = left[column]
    for k in first..<column { value -= left[k] * right[k] }
    left[column] = value / right[column]
  }

  /// The inverse of a lower triangular matrix.
  private static func invert(_ l: AlignedBuffer<Double>, _ n: Int, _ pool: WorkerPool) -> AlignedBuffer<Double> {
    let x = AlignedBuffer<Double>(count: n * n)
    for first in stride(from: 0, to: n, by: blockSize) {
      let end = min(n, first + blockSize)
      // Columns are independent of each other: a task takes some of them through the whole block.
      pool.run((end + blockSize - 1) / blockSize) { block in
        let start = block * blockSize
        let columns = min(blockSize, end - start)
        let target = x.base + first * n + start
        assay_subtract_product(
          target, n, l.base + first * n + start, n, x.base + start * n + start, n, Int32(end - first),
          Int32(max(0, first - start)), Int32(columns))
        for i in first..<end {
          let row = x.base + i * n
          if i >= start, i < start + columns { row[i] += 1 }
          for k in first..<i {
            let factor = l.base[i * n + k]
            for j in start..<start + columns { row[j] -= factor * x.base[k * n + j] }
          }
          let pivot = l.base[i * n + i]
          for j in start..<start + columns { row[j] /= pivot }
        }
      }
    }
    return x
  }
}
