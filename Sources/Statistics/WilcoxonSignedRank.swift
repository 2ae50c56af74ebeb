/// Wilcoxon's signed-rank test of "differences are symmetric about 0". Zero differences are left out.
///
/// Exact for up to 50 differences of distinct sizes, else by the normal approximation with the correction for ties; the same
/// numbers as `scipy.stats.wilcoxon` (1.17) with `zero_method="wilcox"`.
package struct WilcoxonSignedRank: Hashable, Sendable {
  /// The smaller of the rank sums of positive and negative differences.
  package let statistic: Double
  /// Differences that are not zero.
  package let count: Int
  /// Two-sided.
  package let p: Double
  package let isExact: Bool

  /// - Parameter isContinuityCorrected: moves the statistic by 1/2 towards its mean in the normal approximation.
  /// - Returns: `nil` when every difference is zero or one is not finite.
  package init?(_ differences: [Double], isContinuityCorrected: Bool = false) {
    let nonzero = differences.filter { $0 != 0 }
    guard !nonzero.isEmpty, nonzero.allSatisfy(\.isFinite) else { return nil }
    let ranks = Ranks(nonzero.map(abs))
    let positive = zip(nonzero, ranks.ranks).reduce(0) { $1.0 > 0 ? $0 + $1.1 : $0 }
    let n = Double(nonzero.count)
    count = nonzero.count
    statistic = min(positive, n * (n + 1) / 2 - positive)
    isExact = nonzero.count <= 50 && ranks.ties.isEmpty
    if isExact {
      p = Self.exactP(Int(statistic), count: nonzero.count)
    } else {
      let deviation = (n * (n + 1) * (2 * n + 1) / 24 - ranks.tieCorrection / 48).squareRoot()
      let z = min(0, statistic - n * (n + 1) / 4 + (isContinuityCorrected ? 0.5 : 0)) / deviation
      p = min(1, 2 * NormalDistribution.cumulative(z))
    }
  }

  /// 2·P(W ≤ w) over all 2ⁿ signs: counts of subsets of 1...n by their sum.
  private static func exactP(_ statistic: Int, count: Int) -> Double {
    var subsets = [Double](repeating: 0, count: statistic + 1)
    subsets[0] = 1
    for rank in 1...count where rank <= statistic {
      for sum in stride(from: statistic, through: rank, by: -1) { subsets[sum] += subsets[sum - rank] }
    }
    return min(1, 2 * subsets.reduce(0, +) * Double(sign: .plus, exponent: -count, significand: 1))
  }
}
