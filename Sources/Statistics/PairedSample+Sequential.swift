extension PairedSample {
  /// The always-valid p of "the share reaches `limit`": bets on e = q - limit·r for scores from 0 to 1, in order.
  package func sequentialPReaches(_ limit: Double) -> Double {
    wager(bound: max(limit, 1e-9)) { $0 - limit * $1 }
  }

  /// The always-valid p of "the share misses `limit`".
  ///
  /// - Parameter isBounded: true when the submission cannot score above the reference.
  package func sequentialPMisses(_ limit: Double, isBounded: Bool) -> Double {
    wager(bound: isBounded ? max(1 - limit, 1e-9) : 1) { limit * $1 - $0 }
  }

  private func wager(bound: Double, _ excess: (Double, Double) -> Double) -> Double {
    var test = BettingTest(bound: bound)
    for (q, r) in zip(submission, reference) { test.add(max(-bound, excess(q, r))) }
    return test.p
  }

  /// The shares that no bet has refuted: an interval that holds at every sample size at once.
  package func sequentialInterval(isBounded: Bool, level: Double = 0.95) -> ConfidenceInterval? {
    guard let r = reference.mean, let q = submission.mean, r > 0 else { return nil }
    let alpha = (1 - level) / 2
    let share = q / r
    let low = boundary(from: 0, to: share) { sequentialPReaches($0) > alpha }
    if isBounded, q >= r { return ConfidenceInterval(low: low, high: 1, level: level) }
    let end = isBounded ? 1 : share + max(1, 1 / r)
    let high = boundary(from: end, to: share) { sequentialPMisses($0, isBounded: isBounded) > alpha }
    return ConfidenceInterval(low: low, high: high, level: level)
  }

  /// Where a condition that holds at `inside` stops holding on the way to `outside`; `outside` if it holds there.
  private func boundary(from outside: Double, to inside: Double, _ holds: (Double) -> Bool) -> Double {
    var (outside, inside) = (outside, inside)
    if holds(outside) { return outside }
    for _ in 0..<40 {
      let middle = (outside + inside) / 2
      if holds(middle) { inside = middle } else { outside = middle }
    }
    return inside
  }
}
