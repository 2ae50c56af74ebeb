extension PairedSample {
  /// The sequential tests of a share after all items.
  package func sequentialShare(limit: Double, isBounded: Bool) -> SequentialShare {
    var share = SequentialShare(limit: limit, isBounded: isBounded)
    for (q, r) in zip(submission, reference) { share.add(reference: r, submission: q) }
    return share
  }

  /// The shares that no bet has refuted: an interval that holds at every number of items at once.
  package func sequentialInterval(isBounded: Bool, level: Double = 0.95) -> ConfidenceInterval? {
    guard let r = reference.mean, let q = submission.mean, r > 0 else { return nil }
    let alpha = (1 - level) / 2
    let share = q / r
    let low = boundary(from: 0, to: share) { sequentialShare(limit: $0, isBounded: isBounded).pReaches > alpha }
    if isBounded, q >= r { return ConfidenceInterval(low: low, high: 1, level: level) }
    let end = isBounded ? 1 : share + max(1, 1 / r)
    let high = boundary(from: end, to: share) { sequentialShare(limit: $0, isBounded: isBounded).pMisses > alpha }
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
