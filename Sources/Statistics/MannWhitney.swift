/// The Mann-Whitney U test of two unpaired samples, such as two runs on different prompts.
///
/// Exact without ties while the samples' sizes multiply to at most 10,000, else by the normal approximation with corrections
/// for ties and continuity; the same numbers as `scipy.stats.mannwhitneyu` (1.17).
package struct MannWhitney: Hashable, Sendable {
  /// Pairs in which the first sample's value is larger, equal ones counted half.
  package let statistic: Double
  /// Two-sided.
  package let p: Double
  package let isExact: Bool
  /// P(first > second) + P(equal) / 2, the probability of superiority.
  package let superiority: Double

  /// - Returns: `nil` for an empty sample, or values that are not finite.
  package init?(_ first: [Double], _ second: [Double]) {
    guard !first.isEmpty, !second.isEmpty, (first + second).allSatisfy(\.isFinite) else { return nil }
    let (m, n) = (Double(first.count), Double(second.count))
    let ranks = Ranks(first + second)
    statistic = ranks.ranks.prefix(first.count).reduce(0, +) - m * (m + 1) / 2
    superiority = statistic / (m * n)
    isExact = ranks.ties.isEmpty && first.count * second.count <= 10_000
    let larger = max(statistic, m * n - statistic)
    if isExact {
      p = Self.exactP(Int(m * n - larger), first.count, second.count)
    } else {
      let total = m + n
      let variance = m * n / 12 * (total + 1 - ranks.tieCorrection / (total * (total - 1)))
      p =
        variance > 0 ? min(1, 2 * NormalDistribution.cumulative((m * n / 2 + 0.5 - larger) / variance.squareRoot())) : 1
    }
  }

  /// 2·P(U ≤ u): U counts partitions into at most m parts of at most n each, the coefficients of a Gaussian binomial.
  private static func exactP(_ u: Int, _ m: Int, _ n: Int) -> Double {
    // Probabilities instead of counts, which overflow: multiply by (1 - x^(n+i)) / (1 - x^i) · i / (n + i) for each i.
    var terms = [Double](repeating: 0, count: u + 1)
    terms[0] = 1
    for part in 1...m {
      for power in stride(from: u, through: n + part, by: -1) where n + part <= u {
        terms[power] -= terms[power - n - part]
      }
      for power in stride(from: part, through: u, by: 1) { terms[power] += terms[power - part] }
      for power in terms.indices { terms[power] *= Double(part) / Double(n + part) }
    }
    return min(1, 2 * terms.reduce(0, +))
  }
}
