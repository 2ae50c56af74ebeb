/// Means and spreads of samples. What is undefined for a small sample is `nil`, never 0 or NaN.
extension Collection where Element == Double {
  /// x̄ = Σx / n; `nil` for no values.
  package var mean: Double? { isEmpty ? nil : compensatedSum / Double(count) }

  /// s = √(Σ(x - x̄)² / (n - 1)), the sample's standard deviation; `nil` for fewer than two values.
  package var standardDeviation: Double? { variance?.squareRoot() }

  /// s², in two passes; `nil` for fewer than two values.
  package var variance: Double? {
    guard count > 1, let mean else { return nil }
    return lazy.map { ($0 - mean) * ($0 - mean) }.compensatedSum / Double(count - 1)
  }

  /// s / √n, the standard error of the mean of independent values; `nil` for fewer than two values.
  package var standardErrorOfMean: Double? { standardDeviation.map { $0 / Double(count).squareRoot() } }

  /// Σx with Neumaier's compensation, so that the order and number of values hardly matter.
  package var compensatedSum: Double {
    var sum = 0.0
    var compensation = 0.0
    for value in self {
      let next = sum + value
      compensation += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
      sum = next
    }
    // An infinite sum makes its own compensation NaN.
    return compensation.isNaN ? sum : sum + compensation
  }
}

/// cov = Σ(x - x̄)(y - ȳ) / (n - 1) of paired values; `nil` for fewer than two pairs or for unequal lengths.
package func covariance(_ x: [Double], _ y: [Double]) -> Double? {
  guard x.count == y.count, x.count > 1, let meanX = x.mean, let meanY = y.mean else { return nil }
  return zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.compensatedSum / Double(x.count - 1)
}

/// The standard error of a mean when values come in clusters (prompts of one category, tokens of one text).
///
/// SE² = C/(C-1) · (1/n²) · Σ over clusters (Σ in the cluster (x - x̄))². `nil` for fewer than two clusters or when the
/// labels do not fit the values. Source: Miller 2024, "Adding error bars to evals", with Inspect AI's small-sample factor.
package func clusteredStandardError<Cluster: Hashable>(of values: [Double], clusters: [Cluster]) -> Double? {
  guard values.count == clusters.count, let mean = values.mean else { return nil }
  var sums: [Cluster: Double] = [:]
  for (value, cluster) in zip(values, clusters) { sums[cluster, default: 0] += value - mean }
  let clusterCount = Double(sums.count)
  guard clusterCount > 1 else { return nil }
  // Dictionary order is random; sorting keeps the last bit reproducible.
  let squares = sums.values.map { $0 * $0 }.sorted().compensatedSum
  return (clusterCount / (clusterCount - 1) * squares).squareRoot() / Double(values.count)
}
