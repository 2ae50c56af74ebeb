/// Operations with NumPy's own rounding, for numbers that must print as NumPy's do.
package enum NumPy {
  /// `np.round(x, decimals)`: scale, round half to even, scale back, so that 28.61625 becomes 28.6162.
  package static func round(_ value: Double, decimals: Int) -> Double {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    return (value * scale).rounded(.toNearestOrEven) / scale
  }

  /// `np.mean(values)`; `nil` for no values.
  package static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : pairwiseSum(values[...]) / Double(values.count)
  }

  /// `np.sum`: up to 128 values in eight interleaved sums, longer runs by halves. Source: NumPy's `pairwise_sum`.
  private static func pairwiseSum(_ values: ArraySlice<Double>) -> Double {
    if values.count < 8 { return values.reduce(0, +) }
    if values.count > 128 {
      let half = values.count / 2
      let middle = values.startIndex + half - half % 8
      return pairwiseSum(values[..<middle]) + pairwiseSum(values[middle...])
    }
    var sums = Array(values.prefix(8))
    var index = values.startIndex + 8
    while index + 8 <= values.endIndex {
      for lane in 0..<8 { sums[lane] += values[index + lane] }
      index += 8
    }
    let sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    return values[index...].reduce(sum, +)
  }
}
