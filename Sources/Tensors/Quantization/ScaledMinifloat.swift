/// FP8 weights: scale = absmax / largest value of the format, x̂ = scale · round(x / scale), ties to even.
///
/// An all-zero run has scale 1. Sources: OCP FP8; vLLM and llm-compressor's FP8 schemes.
package struct ScaledMinifloat: Hashable, Sendable {
  package let element: Minifloat
  /// Per tensor or per channel.
  package let scale: WeightScale

  package init(_ element: Minifloat, scale: WeightScale) {
    self.element = element
    self.scale = scale
  }

  /// The scale of values of which `largest` is the largest magnitude.
  package func scale(largest: Float) -> Float { largest == 0 ? 1 : largest / element.maximum }

  /// Quantizes a `rows × columns` matrix and multiplies back, in place.
  /// - Returns: the scales of the rows.
  @discardableResult
  package func roundTrip(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) -> [Float] {
    let scales = values.runMagnitudes(rows: rows, columns: columns, scale: scale, pool: pool).map(scale(largest:))
    let runs = scales.count / rows
    let length = scale.runLength(columns: columns)
    scales.withUnsafeBufferPointer { scales in
      pool.run(rows) { row in
        for k in 0..<columns {
          let step = scales[row * runs + k / length]
          values.base[row * columns + k] = element.round(values.base[row * columns + k] / step) * step
        }
      }
    }
    return scales
  }

  /// An upper bound of `|x - x̂|` for values of a run whose largest magnitude is `largest`.
  package func errorBound(largest: Float) -> Float {
    let step = scale(largest: largest)
    return element.errorBound(upTo: element.maximum.nextDown) * step * (1 + 0x1p-20)
  }
}

extension WeightScale {
  /// How many neighbouring values of a row share a scale.
  func runLength(columns: Int) -> Int {
    if case .group(let size) = self { min(size, columns) } else { columns }
  }
}

extension AlignedBuffer<Float> {
  /// The largest magnitude of every run of a `rows × columns` matrix, row by row; the same for all when per tensor.
  func runMagnitudes(rows: Int, columns: Int, scale: WeightScale, pool: WorkerPool) -> [Float] {
    runRanges(rows: rows, columns: columns, scale: scale, pool: pool).map(\.largestMagnitude)
  }

  /// The range of the values, and zero, of every run of a `rows × columns` matrix, row by row.
  func runRanges(rows: Int, columns: Int, scale: WeightScale, pool: WorkerPool) -> [ClosedRange<Float>] {
    precondition(count == rows * columns, "values do not fill the matrix")
    let length = scale.runLength(columns: columns)
    let runs = (columns + length - 1) / length
    let bounds = AlignedBuffer<Float>(count: 2 * rows * runs)
    pool.run(rows) { row in
      for run in 0..<runs {
        var (least, greatest): (Float, Float) = (0, 0)
        for k in run * length..<Swift.min(columns, (run + 1) * length) {
          least = Swift.min(least, base[row * columns + k])
          greatest = Swift.max(greatest, base[row * columns + k])
        }
        bounds.base[2 * (row * runs + run)] = least
        bounds.base[2 * (row * runs + run) + 1] = greatest
      }
    }
    let ranges = (0..<rows * runs).map { bounds.base[2 * $0]...bounds.base[2 * $0 + 1] }
    guard scale == .perTensor else { return ranges }
    let all = ranges.reduce(Float(0)...0) {
      Swift.min($0.lowerBound, $1.lowerBound)...Swift.max($0.upperBound, $1.upperBound)
    }
    return ranges.map { _ in all }
  }
}
