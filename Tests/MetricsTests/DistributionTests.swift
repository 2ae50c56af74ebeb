import Foundation
import Statistics
import Testing

@testable import Metrics

/// Tallies of token comparisons: additivity, errors and what is counted.
struct DistributionTests {
  static func tokens(_ count: Int, seed: UInt64) -> [TokenComparison] {
    var random = SplitMix64(seed: seed)
    func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
    return (0..<count).map { _ in
      let nll = uniform() * 8
      return TokenComparison(
        referenceNLL: nll, submissionNLL: nll + (uniform() - 0.45) * 0.3, divergence: uniform() * 0.02,
        rank: Int(uniform() * 14), confidence: uniform())
    }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `tallies of parts give the tally of the whole`(seed: UInt64) throws {
    let tokens = Self.tokens(200, seed: seed)
    let whole = DistributionTally(tokens)
    var merged = DistributionTally()
    for part in [tokens[..<50], tokens[50..<51], tokens[51...]] { merged += DistributionTally(part) }
    #expect(merged.divergences == whole.divergences && merged.topMatches == whole.topMatches)
    let (a, b) = (try #require(DistributionSummary(merged)), try #require(DistributionSummary(whole)))
    #expect(abs(a.logRatio.value - b.logRatio.value) < 1e-14)
    #expect(abs(a.submissionPerplexity.error - b.submissionPerplexity.error) < 1e-9)
    #expect(a.buckets.map(\.count) == b.buckets.map(\.count))
    #expect(b.buckets.reduce(0) { $0 + $1.count } == 200)
  }

  @Test func `the error of the ratio is the paired one`() throws {
    let tokens = Self.tokens(300, seed: 9)
    let summary = try #require(DistributionSummary(DistributionTally(tokens)))
    let differences = tokens.map { $0.submissionNLL - $0.referenceNLL }
    // llama.cpp divides by n where the sample variance divides by n - 1: so does `Measured`, then once by n - 1.
    let expected = try #require(differences.standardErrorOfMean)
    #expect(abs(summary.logRatio.error - expected) < 1e-12)
    #expect(abs(summary.logRatio.value - differences.mean!) < 1e-12)
    #expect(abs(summary.ratio.value - exp(differences.mean!)) < 1e-12)
  }

  @Test func `clustered errors are those of the statistics module`() throws {
    let texts = (0..<12).map { Self.tokens(5 + $0 * 3, seed: UInt64($0) + 40) }
    let clusters = texts.enumerated().flatMap { index, tokens in tokens.map { _ in index } }
    let clustered = try #require(DistributionSummary.Clustered(texts.map { DistributionTally($0) }))
    let all = texts.flatMap { $0 }
    func expected(_ value: (TokenComparison) -> Double) throws -> Double {
      try #require(clusteredStandardError(of: all.map(value), clusters: clusters))
    }
    #expect(abs(clustered.meanDivergence - (try expected(\.divergence))) < 1e-15)
    #expect(abs(clustered.logRatio - (try expected { $0.submissionNLL - $0.referenceNLL })) < 1e-14)
    #expect(abs(clustered.sameTop - (try expected { $0.rank == 0 ? 1 : 0 })) < 1e-14)
    #expect(DistributionSummary.Clustered([DistributionTally(all)]) == nil)
  }

  @Test func `tokens that are not finite are counted and kept out`() {
    var tally = DistributionTally(Self.tokens(10, seed: 3))
    for bad in [Double.nan, .infinity] {
      tally.add(TokenComparison(referenceNLL: 1, submissionNLL: bad, divergence: 0, rank: 0, confidence: 0.5))
      tally.add(TokenComparison(referenceNLL: 1, submissionNLL: 1, divergence: bad, rank: 0, confidence: 0.5))
    }
    #expect(tally.count == 10 && tally.nonFinite == 4)
    #expect(DistributionSummary(DistributionTally([])) == nil)
  }
}
