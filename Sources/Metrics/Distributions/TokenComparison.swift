internal import Foundation

/// What two models say at one position of a text, given the same tokens before it.
package struct TokenComparison: Hashable, Sendable {
  /// -ln p of the token that really follows, in nats.
  package let referenceNLL: Double
  package let submissionNLL: Double
  /// KL(reference‖submission) = Σ p·(ln p - ln q) over the vocabulary, in nats.
  package let divergence: Double
  /// Where the reference's most likely token stands with the submission; 0 is the most likely.
  package let rank: Int
  /// The reference's probability of its most likely token.
  package let confidence: Double
  /// Whether probabilities and products are rounded to FP32, where llama.cpp's perplexity tool rounds them.
  package let isSinglePrecision: Bool

  package init(
    referenceNLL: Double, submissionNLL: Double, divergence: Double, rank: Int, confidence: Double,
    isSinglePrecision: Bool = false
  ) {
    self.referenceNLL = referenceNLL
    self.submissionNLL = submissionNLL
    self.divergence = divergence
    self.rank = rank
    self.confidence = confidence
    self.isSinglePrecision = isSinglePrecision
  }

  /// Δp: the submission's probability of the token that really follows, minus the reference's.
  package var probabilityChange: Double {
    let (own, base) = (exp(-submissionNLL), exp(-referenceNLL))
    return isSinglePrecision ? Double(Float(own) - Float(base)) : own - base
  }

  /// The product of two negative log-likelihoods.
  func product(_ one: Double, _ other: Double) -> Double {
    isSinglePrecision ? Double(Float(one) * Float(other)) : one * other
  }

  package var isFinite: Bool { referenceNLL.isFinite && submissionNLL.isFinite && divergence.isFinite }
}
