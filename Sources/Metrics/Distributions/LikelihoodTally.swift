internal import Foundation

/// Negative log-likelihoods of tokens (nats), as sums: additive, so tallies of parts give the tally of the whole.
package struct LikelihoodTally: Hashable, Sendable {
  package private(set) var count = 0
  package private(set) var sum = 0.0
  package private(set) var sumOfSquares = 0.0

  package init() {}

  /// A tally that was written down.
  package init(count: Int, sum: Double, sumOfSquares: Double) {
    (self.count, self.sum, self.sumOfSquares) = (count, sum, sumOfSquares)
  }

  package mutating func add(_ negativeLogLikelihood: Double) {
    add(negativeLogLikelihood, square: negativeLogLikelihood * negativeLogLikelihood)
  }

  mutating func add(_ negativeLogLikelihood: Double, square: Double) {
    count += 1
    sum += negativeLogLikelihood
    sumOfSquares += square
  }

  package static func += (tally: inout LikelihoodTally, other: LikelihoodTally) {
    tally.count += other.count
    tally.sum += other.sum
    tally.sumOfSquares += other.sumOfSquares
  }

  /// The mean in nats a token, with the standard error of independent tokens.
  package var mean: Measured { Measured(sum: sum, sumOfSquares: sumOfSquares, count: count) }

  /// exp(mean), with the error carried over by the delta method (llama.cpp's `perplexity`).
  package var perplexity: Measured {
    let value = exp(mean.value)
    return Measured(value: value, error: value * mean.error)
  }

  /// What the tokens cost of a text of so many bytes of UTF-8: comparable across tokenizers.
  package func bitsPerByte(bytes: Int) -> Double? { bytes > 0 ? sum / Double(bytes) / M_LN2 : nil }
}

/// A value and its standard error, which is 0 where a sample is too small to have one.
package struct Measured: Hashable, Sendable {
  package let value: Double
  package let error: Double

  package init(value: Double, error: Double) {
    self.value = value
    self.error = error
  }

  /// A mean from sums; no error for 10 values or fewer (llama.cpp's `mean_and_uncertainty`).
  package init(sum: Double, sumOfSquares: Double, count: Int) {
    guard count > 0 else {
      self.init(value: 0, error: 0)
      return
    }
    let mean = sum / Double(count)
    let variance = sumOfSquares / Double(count) - mean * mean
    self.init(value: mean, error: variance > 0 && count > 10 ? (variance / Double(count - 1)).squareRoot() : 0)
  }

  /// The same in other units, such as percent.
  package func scaled(by factor: Double) -> Measured { Measured(value: value * factor, error: error * factor) }
}
