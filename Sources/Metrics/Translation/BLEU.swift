internal import Foundation
internal import Statistics

/// BLEU (Papineni et al. 2002) as sacrebleu 2.6.0 computes it.
///
/// A segment is turned into a tally once; a score is a function of summed tallies, so that any subset or resample of a
/// corpus can be scored without its text. Source: sacrebleu 2.6.0, `metrics/bleu.py`.
package struct BLEU: Hashable, Sendable {
  /// What to do when no n-gram of an order matches (Chen and Cherry 2014).
  package enum Smoothing: Hashable, Sendable {
    case none
    /// Count this much instead of nothing; sacrebleu's default is 0.1.
    case floor(Double)
    /// Add this to counts and totals of all orders above 1; sacrebleu's default is 1.
    case addK(Double)
    /// Halve the count at each order without a match (NIST, mteval-v13a), the default.
    case exponential
  }

  static let order = 4

  package let tokenizer: TranslationTokenizer
  package let smoothing: Smoothing
  /// Leave out the orders that a short segment does not have. For single segments; corpus scores are defined without.
  package let effectiveOrder: Bool
  package let lowercase: Bool

  package init(
    tokenizer: TranslationTokenizer = .mteval13a, smoothing: Smoothing = .exponential, effectiveOrder: Bool = false,
    lowercase: Bool = false
  ) {
    self.tokenizer = tokenizer
    self.smoothing = smoothing
    self.effectiveOrder = effectiveOrder
    self.lowercase = lowercase
  }

  /// What one segment contributes. References that are `nil` or left out do not count.
  package func tally(hypothesis: String, references: [String?]) -> BLEUTally {
    var numbers = NGramNumbers()
    let hypothesis = numbers.numbers(of: words(of: hypothesis), upTo: Self.order)
    let references = references.compactMap { $0 }.map { numbers.numbers(of: words(of: $0), upTo: Self.order) }
    // The most that any one reference has of each n-gram.
    var most = Array(repeating: 0, count: numbers.count)
    for reference in references {
      var counts = Array(repeating: 0, count: numbers.count)
      for grams in reference { for gram in grams { counts[Int(gram)] += 1 } }
      for grams in reference { for gram in grams { most[Int(gram)] = max(most[Int(gram)], counts[Int(gram)]) } }
    }
    let length = hypothesis[0].count
    let closest = references.map { $0[0].count }.min { (abs($0 - length), $0) < (abs($1 - length), $1) }
    return BLEUTally(
      hypothesisLength: length, referenceLength: closest ?? 0,
      correct: hypothesis.map { grams in
        grams.reduce(0) { correct, gram in
          guard most[Int(gram)] > 0 else { return correct }
          most[Int(gram)] -= 1
          return correct + 1
        }
      },
      total: hypothesis.map(\.count))
  }

  private func words(of segment: String) -> TokenizedSegment {
    tokenizer.words(of: lowercase ? segment.pythonLowercased : segment)
  }

  /// The score of one segment, or of a corpus from the sum of its tallies.
  ///
  /// BP·exp(Σ ln pₙ / N) with the brevity penalty BP = exp(1 - r/c) for c < r. Without a single match the score is 0.
  package func score(_ tally: BLEUTally) -> BLEUScore {
    var correct = tally.correct.map(Double.init)
    var total = tally.total.map(Double.init)
    var precisions = Array(repeating: 0.0, count: Self.order)
    guard correct.contains(where: { $0 > 0 }) else {
      return BLEUScore(value: 0, precisions: precisions, correct: correct, total: total, tally: tally)
    }
    var halving = 1.0
    var orders = Self.order
    for index in 0..<Self.order {
      if case .addK(let k) = smoothing, index > 0 {
        correct[index] += k
        total[index] += k
      }
      if total[index] == 0 { break }
      if effectiveOrder { orders = index + 1 }
      precisions[index] = precision(correct[index], total[index], &halving)
    }
    // sacrebleu stands in -9999999999 for ln 0.
    let logs = precisions.prefix(orders).reduce(0) { $0 + ($1 == 0 ? -9_999_999_999 : log($1)) }
    let value = tally.brevityPenalty * exp(logs / Double(orders))
    return BLEUScore(value: value, precisions: precisions, correct: correct, total: total, tally: tally)
  }

  private func precision(_ correct: Double, _ total: Double, _ halving: inout Double) -> Double {
    if correct > 0 { return 100 * correct / total }
    switch smoothing {
    case .exponential:
      halving *= 2
      return 100 / (halving * total)
    case .floor(let count): return 100 * count / total
    case .none, .addK: return 0
    }
  }

  /// - Parameter references: how many references each segment has; `nil` when that varies.
  package func signature(references: Int? = 1) -> Signature {
    Signature(
      "BLEU",
      [
        "nrefs": references.map(String.init) ?? "var", "case": lowercase ? "lc" : "mixed",
        "eff": effectiveOrder ? "yes" : "no", "tok": tokenizer.rawValue, "smooth": smoothing.name,
      ])
  }
}

extension BLEU.Smoothing {
  /// The value of the `smooth` field in a signature.
  var name: String {
    switch self {
    case .none: "none"
    case .floor(let value): "floor[\(value.fixedPoint(2))]"
    case .addK(let value): "add-k[\(value.fixedPoint(2))]"
    case .exponential: "exp"
    }
  }
}
