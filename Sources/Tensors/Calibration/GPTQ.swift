import CKernels

/// GPTQ (Frantar et al. 2022): columns are rounded one after the other, and what rounding a column did to the output is
/// made up for as well as possible by the columns that are still to come.
///
/// `e = (w_i − q_i) / U_ii`, then `w_j −= e U_ij` for j > i. A group's scale is the absmax of its weights at the time when
/// its first column is rounded; in the order of activations groups keep the scales they have at the beginning.
/// All in double. Differs from the authors' code only in this: a group's first scale sees the errors of all columns
/// before it, not only of those before its block of 128.
package struct GPTQ {
  package let integers: SymmetricInteger
  package let hessian: InverseHessian

  package init(integers: SymmetricInteger, hessian: InverseHessian) {
    self.integers = integers
    self.hessian = hessian
  }

  private static let rowsPerTask = 32
  private static let blockSize = 64

  /// Replaces every value of a `rows × columns` matrix by its integer, as a Float.
  ///
  /// - Parameter mask: where it is 0 the weight becomes 0 and its error is made up for like any other; row-major.
  /// - Returns: the scales, as ``SymmetricInteger/quantize(_:rows:columns:pool:)`` does.
  package func quantize(
    _ values: AlignedBuffer<Float>, rows: Int, columns: Int, mask: AlignedBuffer<UInt8>? = nil, pool: WorkerPool
  ) -> [Float] {
    precondition(values.count == rows * columns && hessian.size == columns, "values do not fill the matrix")
    precondition(mask.map { $0.count == values.count } ?? true, "a mask for each value")
    let length = integers.runLength(columns)
    let runs = (columns + length - 1) / length
    let scales = AlignedBuffer<Float>(integers.scales(of: values, rows: rows, columns: columns, pool: pool))
    let isInOrder = hessian.order.indices.allSatisfy { hessian.order[$0] == $0 }
    let updatesScales = isInOrder && runs > 1
    // Groups must not begin within a block, or else fill it.
    let step = length >= Self.blockSize ? length : Self.blockSize / length * length
    var starts = Set(stride(from: 0, to: columns, by: updatesScales ? step : columns))
    for start in starts.sorted() {
      starts.formUnion(
        stride(from: start, to: min(columns, start + (updatesScales ? step : columns)), by: Self.blockSize))
    }
    let blocks = starts.sorted()
    pool.run((rows + Self.rowsPerTask - 1) / Self.rowsPerTask) { task in
      let first = task * Self.rowsPerTask
      let work = RowWork(
        gptq: self, values: values, mask: mask, scales: scales, rows: first..<min(rows, first + Self.rowsPerTask),
        columns: columns, runs: runs, length: length, updatesScales: updatesScales)
      for (index, block) in blocks.enumerated() {
        work.round(block: block..<(index + 1 < blocks.count ? blocks[index + 1] : columns))
      }
      work.store()
    }
    return (0..<scales.count).map { scales.base[$0] }
  }

  /// Some rows on their way: weights in double, in the order of rounding.
  private struct RowWork {
    let gptq: GPTQ
    let values: AlignedBuffer<Float>
    let mask: AlignedBuffer<UInt8>?
    let scales: AlignedBuffer<Float>
    let rows: Range<Int>
    let columns: Int
    let runs: Int
    let length: Int
    let updatesScales: Bool
    private let weights: AlignedBuffer<Double>  // [row][column]
    private let errors: AlignedBuffer<Double>  // [row][column]

    init(
      gptq: GPTQ, values: AlignedBuffer<Float>, mask: AlignedBuffer<UInt8>?, scales: AlignedBuffer<Float>,
      rows: Range<Int>, columns: Int, runs: Int, length: Int, updatesScales: Bool
    ) {
      self.gptq = gptq
      self.values = values
      self.mask = mask
      self.scales = scales
      self.rows = rows
      self.columns = columns
      self.runs = runs
      self.length = length
      self.updatesScales = updatesScales
      weights = AlignedBuffer(count: rows.count * columns)
      errors = AlignedBuffer(count: rows.count * columns)
      for (r, row) in rows.enumerated() {
        for (i, column) in gptq.hessian.order.enumerated() where !gptq.hessian.isDead[column] {
          weights.base[r * columns + i] = Double(values.base[row * columns + column])
        }
      }
    }

    func round(block: Range<Int>) {
      let upper = gptq.hessian.upper.base
      for (r, row) in rows.enumerated() {
        let w = weights.base + r * columns
        for i in block {
          let column = gptq.hessian.order[i]
          if updatesScales, i % length == 0 {
            var magnitude = 0.0
            for k in i..<min(columns, i + length) { magnitude = max(magnitude, abs(w[k])) }
            scales.base[row * runs + i / length] = gptq.integers.scale(absmax: Float(magnitude))
          }
          let scale = Double(scales.base[row * runs + column / length])
          let limit = Double(gptq.integers.maximum)
          let isKept = mask.map { $0.base[row * columns + column] != 0 } ?? true
          let q = isKept ? min(limit, max(-limit, (w[i] / scale).rounded(.toNearestOrEven))) : 0
          let error = (w[i] - q * scale) / upper[i * columns + i]
          for j in i + 1..<max(block.upperBound, i + 1) { w[j] -= error * upper[i * columns + j] }
          errors.base[r * columns + i] = error
          w[i] = q
        }
      }
      guard block.upperBound < columns else { return }
      assay_subtract_product(
        weights.base + block.upperBound, columns, errors.base + block.lowerBound, columns,
        upper + block.lowerBound * columns + block.upperBound, columns, Int32(rows.count), Int32(block.count),
        Int32(columns - block.upperBound))
    }

    func store() {
      for (r, row) in rows.enumerated() {
        for (i, column) in gptq.hessian.order.enumerated() {
          values.base[row * columns + column] = Float(weights.base[r * columns + i])
        }
      }
    }
  }
}
