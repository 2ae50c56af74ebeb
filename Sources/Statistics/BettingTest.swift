internal import Foundation

/// A test that may be looked at after every item: the wealth of a gambler who bets that the mean of e is above 0.
///
/// For e ≥ -b and independent items whose mean is at most 0, the wealth Π(1 + λe) of any bet 0 ≤ λ < 1/b is a
/// supermartingale, so that it ever reaches 1/α with a probability of at most α (Ville), at every sample size and for every
/// distribution. The bets are a fixed mixture of λ, so the wealth does not depend on the items' order.
/// Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting".
package struct BettingTest: Sendable {
  /// b: no item is below its negative.
  package let bound: Double
  private let bets: [(lambda: Double, weight: Double)]
  private var logWealths: [Double]
  package private(set) var count = 0

  private static let betCount = 24
  /// Share of the money on the largest bet, which wins fastest when nothing is lost.
  private static let boldShare = 0.25

  package init(bound: Double) {
    precondition(bound > 0, "the bound of what can be lost must be positive")
    self.bound = bound
    let rest = (1 - Self.boldShare) / Double(Self.betCount - 1)
    // The largest would lose all on an item of -b; the others halve for every two steps.
    bets = (0..<Self.betCount).map { step in
      (pow(2, -Double(step) / 2) * 0.9999 / bound, step == 0 ? Self.boldShare : rest)
    }
    logWealths = bets.map { log($0.weight) }
  }

  /// - Precondition: `value` is at least -``bound``, but for rounding.
  package mutating func add(_ value: Double) {
    precondition(value >= -bound * (1 + 1e-12), "\(value) is below -\(bound)")
    for index in bets.indices { logWealths[index] += log1p(bets[index].lambda * value) }
    count += 1
  }

  /// ln of the wealth now; 0 at the start.
  package var logWealth: Double {
    let largest = logWealths.max() ?? 0
    return largest + log(logWealths.reduce(0) { $0 + exp($1 - largest) })
  }

  /// P(wealth this large | mean ≤ 0) at most; valid whenever one stops.
  package var p: Double { min(1, exp(-logWealth)) }
}
