internal import Foundation
package import Statistics

/// Everything that is said of two models' distributions over one text.
///
/// Definitions and errors are those of llama.cpp's `perplexity --kl-divergence` (050fc7f): tokens count as
/// independent there; ``clustered(_:)`` gives errors that allow for tokens of one text being alike.
package struct DistributionSummary: Hashable, Sendable {
  package let count: Int
  package let nonFinite: Int
  package let submissionPerplexity: Measured
  package let referencePerplexity: Measured
  /// Of the two mean negative log-likelihoods; `nil` when one does not vary.
  package let correlation: Double?
  /// ln(PPL(Q)/PPL(base)), with the paired error.
  package let logRatio: Measured
  package let ratio: Measured
  package let difference: Measured
  package let meanDivergence: Measured
  package let divergences: Quantiles
  /// Mean Δp, from -1 to 1.
  package let meanChange: Measured
  package let changes: Quantiles
  /// √ mean Δp².
  package let rootMeanSquareChange: Measured
  /// Share of tokens for each of ``DistributionTally/topCounts``.
  package let sameTop: [Measured]
  package let buckets: [ConfidenceBucket]

  /// `nil` when no token counts.
  package init?(_ tally: DistributionTally) {
    guard let divergences = Quantiles(tally.divergences), let changes = Quantiles(tally.probabilityChanges) else {
      return nil
    }
    let n = tally.count
    let (base, own) = (tally.reference.mean, tally.submission.mean)
    // Of the means; llama.cpp leaves it out below 10 tokens.
    let covariance =
      n < 10 ? 0 : (tally.sumOfProducts / Double(n) - base.value * own.value) / Double(n - 1)
    func error(_ squares: Double) -> Double { max(0, squares).squareRoot() }

    count = n
    nonFinite = tally.nonFinite
    submissionPerplexity = tally.submission.perplexity
    referencePerplexity = tally.reference.perplexity
    correlation = base.error > 0 && own.error > 0 ? covariance / (base.error * own.error) : nil
    let logRatio = Measured(
      value: own.value - base.value,
      error: error(own.error * own.error + base.error * base.error - 2 * covariance))
    self.logRatio = logRatio
    ratio = Measured(value: exp(logRatio.value), error: exp(logRatio.value) * logRatio.error)
    let (p, q) = (referencePerplexity, submissionPerplexity)
    difference = Measured(
      value: q.value - p.value,
      error: error(q.error * q.error + p.error * p.error - 2 * q.value * p.value * covariance))

    func mean(_ values: some Sequence<Double>, power: Double) -> Measured {
      var (sum, squares) = (0.0, 0.0)
      for value in values {
        let x = power == 1 ? value : value * value
        sum += x
        squares += x * x
      }
      return Measured(sum: sum, sumOfSquares: squares, count: n)
    }
    meanDivergence = mean(tally.divergences, power: 1)
    self.divergences = divergences
    meanChange = mean(tally.probabilityChanges, power: 1)
    self.changes = changes
    let square = mean(tally.probabilityChanges, power: 2)
    let root = square.value.squareRoot()
    rootMeanSquareChange = Measured(value: root, error: root > 0 ? 0.5 / root * square.error : 0)
    sameTop = tally.topMatches.map { matches in
      let share = Double(matches) / Double(n)
      return Measured(value: share, error: n > 1 ? (share * (1 - share) / Double(n - 1)).squareRoot() : 0)
    }
    buckets = tally.buckets
  }
}

extension DistributionSummary {
  /// Standard errors of means over all tokens when tokens of one text are correlated; `nil` for fewer than two texts.
  ///
  /// With residual sums u of the texts, √(C/(C-1) · Σu²) / N (Miller 2024, with the small-sample factor of Inspect).
  package struct Clustered: Hashable, Sendable {
    package let meanDivergence: Double
    package let logRatio: Double
    package let sameTop: Double
    package let texts: Int

    /// - Parameter tallies: one a text.
    package init?(_ tallies: [DistributionTally]) {
      let texts = tallies.filter { $0.count > 0 }
      guard texts.count > 1 else { return nil }
      let tokens = texts.reduce(0) { $0 + $1.count }
      func error(_ sum: (DistributionTally) -> Double) -> Double {
        let sums = texts.map(sum)
        let mean = sums.reduce(0, +) / Double(tokens)
        let squares = zip(texts, sums).reduce(0.0) { total, text in
          let residual = text.1 - Double(text.0.count) * mean
          return total + residual * residual
        }
        let clusters = Double(texts.count)
        return (clusters / (clusters - 1) * squares).squareRoot() / Double(tokens)
      }
      meanDivergence = error { $0.divergences.reduce(0, +) }
      logRatio = error { $0.submission.sum - $0.reference.sum }
      sameTop = error { Double($0.topMatches[0]) }
      self.texts = texts.count
    }
  }
}
