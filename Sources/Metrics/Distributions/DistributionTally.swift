internal import Statistics

/// Token comparisons of a text as sums and values: tallies of parts, in order, give the tally of the whole.
package struct DistributionTally: Hashable, Sendable {
  /// Ranks for which agreement is counted: the reference's most likely token is among the submission's first k.
  package static let topCounts = [1, 5, 10]

  package private(set) var reference = LikelihoodTally()
  package private(set) var submission = LikelihoodTally()
  /// Σ of the products of the two negative log-likelihoods, for their covariance.
  package private(set) var sumOfProducts = 0.0
  /// In nats, token by token.
  package private(set) var divergences: [Double] = []
  /// Δp, token by token.
  package private(set) var probabilityChanges: [Double] = []
  /// Tokens whose rank is below each of ``topCounts``.
  package private(set) var topMatches = topCounts.map { _ in 0 }
  package private(set) var buckets = ConfidenceBucket.Bounds.all.map { ConfidenceBucket(bounds: $0) }
  /// Tokens at which a model gave NaN or an infinity; they are part of nothing else.
  package private(set) var nonFinite = 0

  package init() {}

  package init(_ comparisons: some Sequence<TokenComparison>) {
    for comparison in comparisons { add(comparison) }
  }

  /// A tally that was written down; `nil` when its parts are not of one size.
  package init?(
    reference: LikelihoodTally, submission: LikelihoodTally, sumOfProducts: Double, divergences: [Double],
    probabilityChanges: [Double], topMatches: [Int], buckets: [ConfidenceBucket], nonFinite: Int
  ) {
    let counts = [submission.count, divergences.count, probabilityChanges.count]
    guard counts.allSatisfy({ $0 == reference.count }), topMatches.count == Self.topCounts.count,
      buckets.map(\.bounds) == ConfidenceBucket.Bounds.all
    else { return nil }
    (self.reference, self.submission, self.sumOfProducts) = (reference, submission, sumOfProducts)
    (self.divergences, self.probabilityChanges) = (divergences, probabilityChanges)
    (self.topMatches, self.buckets, self.nonFinite) = (topMatches, buckets, nonFinite)
  }

  /// Tokens that count.
  package var count: Int { divergences.count }

  package mutating func add(_ token: TokenComparison) {
    guard token.isFinite else {
      nonFinite += 1
      return
    }
    let (base, own) = (token.referenceNLL, token.submissionNLL)
    reference.add(base, square: token.product(base, base))
    submission.add(own, square: token.product(own, own))
    sumOfProducts += token.product(base, own)
    divergences.append(token.divergence)
    probabilityChanges.append(token.probabilityChange)
    for (index, limit) in Self.topCounts.enumerated() where token.rank < limit { topMatches[index] += 1 }
    let bucket = buckets.firstIndex { $0.bounds.contains(token.confidence) } ?? buckets.count - 1
    buckets[bucket].add(token)
  }

  package static func += (tally: inout DistributionTally, other: DistributionTally) {
    tally.reference += other.reference
    tally.submission += other.submission
    tally.sumOfProducts += other.sumOfProducts
    tally.divergences += other.divergences
    tally.probabilityChanges += other.probabilityChanges
    for index in tally.topMatches.indices { tally.topMatches[index] += other.topMatches[index] }
    for index in tally.buckets.indices { tally.buckets[index] += other.buckets[index] }
    tally.nonFinite += other.nonFinite
  }
}

/// The tokens at which the reference was about as sure.
package struct ConfidenceBucket: Hashable, Sendable {
  /// A range of the probability of the reference's most likely token.
  package struct Bounds: Hashable, Sendable {
    package let low: Double
    package let high: Double

    package static let all = [
      Bounds(low: 0, high: 0.5), Bounds(low: 0.5, high: 0.9), Bounds(low: 0.9, high: 0.99), Bounds(low: 0.99, high: 1),
    ]

    /// The upper end belongs to the last range only.
    func contains(_ probability: Double) -> Bool { probability >= low && (probability < high || high == 1) }
  }

  package let bounds: Bounds
  package private(set) var count = 0
  package private(set) var sumOfDivergences = 0.0
  package private(set) var sameTop = 0

  package init(bounds: Bounds, count: Int = 0, sumOfDivergences: Double = 0, sameTop: Int = 0) {
    (self.bounds, self.count, self.sumOfDivergences, self.sameTop) = (bounds, count, sumOfDivergences, sameTop)
  }

  package var meanDivergence: Double? { count > 0 ? sumOfDivergences / Double(count) : nil }
  package var sameTopShare: Double? { count > 0 ? Double(sameTop) / Double(count) : nil }

  mutating func add(_ token: TokenComparison) {
    count += 1
    sumOfDivergences += token.divergence
    sameTop += token.rank == 0 ? 1 : 0
  }

  static func += (bucket: inout ConfidenceBucket, other: ConfidenceBucket) {
    bucket.count += other.count
    bucket.sumOfDivergences += other.sumOfDivergences
    bucket.sameTop += other.sameTop
  }
}
