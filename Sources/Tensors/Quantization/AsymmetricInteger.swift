/// Asymmetric integer quantization: the range from min(0, least) to max(0, greatest) becomes 0...2^bits - 1.
///
/// s = (greatest - least) / (2^bits - 1), z = round(-least / s), q = clamp(round(x / s) + z), x̂ = s · (q - z); ties to
/// even, and zero is exact. A run of zeros has scale 1. Source: spec 3.1; ONNX Runtime, llm-compressor.
package struct AsymmetricInteger: Hashable, Sendable {
  package let bits: Int
  package let scale: WeightScale

  package init(bits: Int, scale: WeightScale) {
    precondition(bits >= 2 && bits <= 8, "integer formats of 2 to 8 bits")
    self.bits = bits
    self.scale = scale
  }

  private var top: Float { Float(1 << bits - 1) }

  /// Scale and zero point of values with a range that contains zero.
  package func parameters(of range: ClosedRange<Float>) -> (scale: Float, zero: Float) {
    let span = range.upperBound / top - range.lowerBound / top
    guard span > 0 else { return (1, 0) }
    return (span, min(top, max(0, (-range.lowerBound / span).rounded(.toNearestOrEven))))
  }

  /// Quantizes and multiplies back: the values that the scheme computes with.
  package func roundTrip(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) {
    let length = scale.runLength(columns: columns)
    let runs = (columns + length - 1) / length
    let parameters = values.runRanges(rows: rows, columns: columns, scale: scale, pool: pool).map(parameters(of:))
    parameters.withUnsafeBufferPointer { parameters in
      pool.run(rows) { row in
        for k in 0..<columns {
          let (step, zero) = parameters[row * runs + k / length]
          let x = values.base[row * columns + k]
          let q = min(top, max(0, (x / step).rounded(.toNearestOrEven) + zero))
          values.base[row * columns + k] = step * (q - zero)
        }
      }
    }
  }

  /// An upper bound of `|x - x̂|`: half a step, and half a step more where the rounded zero point moves the range.
  package func errorBound(over range: ClosedRange<Float>) -> Float {
    let step = (max(0, range.upperBound) - min(0, range.lowerBound)) / top
    return step * (1 + 0x1p-12)
  }
}
