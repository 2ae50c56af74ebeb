import CKernels

/// Which weights of a matrix share one scale.
package enum WeightScale: Hashable, Sendable {
  case perTensor
  /// One scale a row, that is an output channel.
  case perChannel
  /// One scale for each run of this many inputs within a row.
  case group(Int)
}

/// Symmetric integer quantization: `scale = absmax / maximum`, `q = round-half-even(x / scale)` within ±maximum.
///
/// Round to nearest, no calibration (RTN). An all-zero run has scale 1. Source: spec 3.1; SmoothQuant, bitsandbytes.
package struct SymmetricInteger: Hashable, Sendable {
  /// Largest magnitude of an integer: 127 for INT8, 7 for INT4.
  package let maximum: Int
  package let scale: WeightScale

  package init(bits: Int, scale: WeightScale) {
    precondition(bits >= 2 && bits <= 8, "integer formats of 2 to 8 bits")
    maximum = 1 << (bits - 1) - 1
    self.scale = scale
  }

  /// Replaces every value of a `rows × columns` matrix by its integer, as a Float.
  /// - Returns: the scales, row by row: `rows` of them (equal ones for `perTensor`), or `rows · ⌈columns / group⌉`.
  package func quantize(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) -> [Float] {
    let limit = Float(maximum)
    let length = runLength(columns)
    let runs = (columns + length - 1) / length
    let scales = scales(of: values, rows: rows, columns: columns, pool: pool)
    scales.withUnsafeBufferPointer { scales in
      pool.run(rows) { row in
        for run in 0..<runs {
          let step = scales[row * runs + run]
          for k in run * length..<min(columns, (run + 1) * length) {
            let q = (values.base[row * columns + k] / step).rounded(.toNearestOrEven)
            values.base[row * columns + k] = min(limit, max(-limit, q))
          }
        }
      }
    }
    return scales
  }

  /// The scales that the values would get.
  func scales(of values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) -> [Float] {
    precondition(values.count == rows * columns, "values do not fill the matrix")
    let length = runLength(columns)
    let runs = (columns + length - 1) / length
    let largest = AlignedBuffer<Float>(count: rows * runs)
    pool.run(rows) { row in
      for run in 0..<runs {
        let end = min(columns, (run + 1) * length)
        var magnitude: Float = 0
        for k in run * length..<end { magnitude = max(magnitude, abs(values.base[row * columns + k])) }
        largest.base[row * runs + run] = magnitude
      }
    }
    if scale == .perTensor {
      let magnitude = (0..<rows).reduce(Float(0)) { max($0, largest.base[$1]) }
      for row in 0..<rows { largest.base[row] = magnitude }
    }
    return (0..<rows * runs).map { scale(absmax: largest.base[$0]) }
  }

  /// The scale of values up to a magnitude; 1 where all are zero.
  func scale(absmax: Float) -> Float { absmax == 0 ? 1 : absmax / Float(maximum) }

  /// Quantizes and multiplies back: the values that a weight-only scheme computes with.
  package func roundTrip(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) {
    let scales = quantize(values, rows: rows, columns: columns, pool: pool)
    dequantize(values, scales: scales, rows: rows, columns: columns, pool: pool)
  }

  /// Multiplies integers by the scales that ``quantize(_:rows:columns:pool:)`` returned.
  package func dequantize(
    _ values: AlignedBuffer<Float>, scales: [Float], rows: Int, columns: Int, pool: WorkerPool
  ) {
    let (runs, length) = (scales.count / rows, runLength(columns))
    scales.withUnsafeBufferPointer { scales in
      pool.run(rows) { row in
        for k in 0..<columns { values.base[row * columns + k] *= scales[row * runs + k / length] }
      }
    }
  }

  /// How many neighbouring values of a row share a scale.
  func runLength(_ columns: Int) -> Int {
    if case .group(let size) = scale { min(size, columns) } else { columns }
  }
}
