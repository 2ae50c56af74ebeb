internal import Foundation
internal import Statistics

/// What perplexity is made of: log-likelihoods of texts (natural logarithm) and their sizes in tokens, words or bytes.
package struct Likelihood: Hashable, Sendable, Codable, AdditiveArithmetic {
  package var sum: Double
  /// Tokens, words or bytes, whichever the perplexity is to be per.
  package var units: Int

  package static let zero = Likelihood(sum: 0, units: 0)

  package init(sum: Double, units: Int) {
    self.sum = sum
    self.units = units
  }

  /// The tally of tokens with known log-probabilities.
  package init(logProbabilities: [Double]) {
    self.init(sum: logProbabilities.compensatedSum, units: logProbabilities.count)
  }

  package static func + (a: Likelihood, b: Likelihood) -> Likelihood {
    Likelihood(sum: a.sum + b.sum, units: a.units + b.units)
  }

  package static func - (a: Likelihood, b: Likelihood) -> Likelihood {
    Likelihood(sum: a.sum - b.sum, units: a.units - b.units)
  }

  /// exp(-Σ log p / units); `nil` for no units.
  package var perplexity: Double? { units > 0 ? exp(-(sum / Double(units))) : nil }

  /// -(Σ log p / bytes) / ln 2, when the units are bytes; `nil` for none.
  package var bitsPerByte: Double? { units > 0 ? -(sum / Double(units)) / M_LN2 : nil }
}

/// The units of lm-eval's word and byte perplexity.
///
/// Source: lm-eval 0.4.13, `tasks/wikitext` and `api/metrics.py`.
package enum LikelihoodUnits: String, CaseIterable, Sendable {
  /// `len(re.split(r"\s+", text))`: one more than there are runs of white space.
  case words
  /// The length in UTF-8.
  case bytes

  package func count(in text: String) -> Int {
    switch self {
    case .bytes: text.utf8.count
    case .words: 1 + Self.spaces.matches(in: text.scalars).count
    }
  }

  private static let spaces = PythonRegex(known: #"\s+"#)
}
