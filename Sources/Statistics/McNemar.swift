internal import Foundation

/// McNemar's test of paired right-or-wrong answers, on the pairs whose answers changed sides.
package struct McNemar: Hashable, Sendable {
  /// Right in the reference and wrong in the submission.
  package let lost: Int
  /// Wrong in the reference and right in the submission.
  package let gained: Int

  /// - Precondition: no count is negative.
  package init(lost: Int, gained: Int) {
    precondition(lost >= 0 && gained >= 0, "counts of changed answers cannot be negative")
    self.lost = lost
    self.gained = gained
  }

  private var total: Int { lost + gained }

  /// Two-sided: min(1, 2·Σ C(n, i)/2ⁿ for i ≤ min(lost, gained)).
  package var exactP: Double { min(1, 2 * cumulative(min(lost, gained))) }

  /// Two-sided mid-p: the sum of both tails less the probability of what was seen (Fagerland and others 2013); 1 when nothing
  /// changed sides.
  package var midP: Double {
    if total == 0 { return 1 }
    let fewer = min(lost, gained)
    return lost == gained ? 1 - mass(lost) : 2 * cumulative(fewer) - mass(fewer)
  }

  /// (|b - c| - 1)² / (b + c), with the correction for continuity; 0 when nothing changed sides.
  package var chiSquare: Double {
    let excess = Double(abs(lost - gained) - 1)
    return total > 0 ? excess * excess / Double(total) : 0
  }

  /// P(χ² with one degree of freedom ≥ ``chiSquare``).
  package var chiSquareP: Double { total > 0 ? erfc((chiSquare / 2).squareRoot()) : 1 }

  /// One-sided exact p of "the submission is worse": P(at least so many lost).
  package var worseP: Double { cumulative(gained) }

  /// P(X ≤ count) for X ~ Binomial(n, 1/2), as the regularised incomplete beta function.
  private func cumulative(_ count: Int) -> Double {
    count >= total
      ? 1 : regularizedIncompleteBeta(0.5, complement: 0.5, a: Double(total - count), b: Double(count + 1))
  }

  private func mass(_ count: Int) -> Double { cumulative(count) - (count > 0 ? cumulative(count - 1) : 0) }
}
