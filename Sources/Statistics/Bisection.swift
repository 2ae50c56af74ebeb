/// The search for the first bad one among ordered candidates, of which the first is good and the last is bad.
package struct Bisection: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable {
    case good, bad
    /// Cannot be told; another one is tried.
    case skipped
  }

  /// The last known to be good, and the first known to be bad.
  package private(set) var good: Int
  package private(set) var bad: Int
  private var skipped: Set<Int> = []

  /// - Returns: `nil` for fewer than two candidates.
  package init?(count: Int) {
    guard count > 1 else { return nil }
    (good, bad) = (0, count - 1)
  }

  /// The candidate to judge next: the untried one nearest the middle; `nil` when the search is over.
  package var next: Int? {
    let middle = good + (bad - good) / 2
    return (good + 1..<max(good + 1, bad)).filter { !skipped.contains($0) }
      .min { (abs($0 - middle), $0) < (abs($1 - middle), $1) }
  }

  package mutating func record(_ verdict: Verdict, of candidate: Int) {
    switch verdict {
    case .good: good = max(good, candidate)
    case .bad: bad = min(bad, candidate)
    case .skipped: skipped.insert(candidate)
    }
  }

  /// The candidates among which the first bad one is: one when nothing was skipped beside it.
  package var suspects: Range<Int> { good + 1..<bad + 1 }
}
