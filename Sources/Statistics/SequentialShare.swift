/// Tests of "the share q̄/r̄ of the reference reaches a limit" that may be looked at after every item: bets on q - limit·r.
///
/// Scores are from 0 to 1 and items independent. With p ≤ α as the rule to stop, a false conclusion in one direction has a
/// probability of at most α, however often one looks and whatever the distribution.
package struct SequentialShare: Sendable {
  package let limit: Double
  private var reaching: BettingTest
  private var missing: BettingTest

  /// - Parameter isBounded: true when no item of the submission can score above the reference.
  package init(limit: Double, isBounded: Bool) {
    self.limit = limit
    // A limit of 0 or 1 leaves nothing to lose.
    reaching = BettingTest(bound: max(limit, Self.smallestBound))
    missing = BettingTest(bound: isBounded ? max(1 - limit, Self.smallestBound) : 1)
  }

  private static let smallestBound = 1e-9

  package mutating func add(reference: Double, submission: Double) {
    let excess = submission - limit * reference
    reaching.add(max(-reaching.bound, excess))
    missing.add(max(-missing.bound, -excess))
  }

  /// The always-valid p of "the share reaches the limit".
  package var pReaches: Double { reaching.p }

  /// The always-valid p of "the share misses the limit".
  package var pMisses: Double { missing.p }
}
