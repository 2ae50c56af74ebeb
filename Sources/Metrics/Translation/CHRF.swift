internal import Statistics

/// chrF and chrF++ (Popović 2015, 2017): F-measure of character n-grams, as sacrebleu 2.6.0 computes it.
///
/// Source: sacrebleu 2.6.0, `metrics/chrf.py`.
package struct CHRF: Hashable, Sendable {
  package let characterOrder: Int
  /// 0 for chrF, 2 for chrF++.
  package let wordOrder: Int
  /// How much more recall counts than precision.
  package let beta: Int
  package let lowercase: Bool
  /// Count white space as characters.
  package let whitespace: Bool
  /// Give orders without n-grams a score of 1e-16 instead of leaving them out (as NLTK and Moses do).
  package let epsilonSmoothing: Bool

  package init(
    characterOrder: Int = 6, wordOrder: Int = 0, beta: Int = 2, lowercase: Bool = false, whitespace: Bool = false,
    epsilonSmoothing: Bool = false
  ) {
    precondition(characterOrder >= 0 && wordOrder >= 0 && characterOrder + wordOrder > 0, "chrF needs an order above 0")
    self.characterOrder = characterOrder
    self.wordOrder = wordOrder
    self.beta = beta
    self.lowercase = lowercase
    self.whitespace = whitespace
    self.epsilonSmoothing = epsilonSmoothing
  }

  /// `chrF2`, `chrF2++`
  package var name: String { "chrF\(beta)" + String(repeating: "+", count: wordOrder) }

  /// What one segment contributes: the counts against the reference with the best score, the first of equals. References
  /// that are `nil` do not count.
  package func tally(hypothesis: String, references: [String?]) -> CHRFTally {
    var overlap = NGramOverlap()
    let hypothesis = Symbols(hypothesis, self)
    var best: (score: Double, tally: CHRFTally)?
    for reference in references.compactMap({ $0 }) {
      let reference = Symbols(reference, self)
      let tally = CHRFTally(
        orders: overlap.counts(characters: hypothesis.characters, reference.characters, upTo: characterOrder)
          + overlap.counts(words: hypothesis.words, reference.words, upTo: wordOrder))
      let score = score(tally)
      if best.map({ score > $0.score }) ?? true { best = (score, tally) }
    }
    return best?.tally ?? .zero
  }

  /// The score, from 0 to 100, of one segment or of the sum of a corpus's tallies.
  ///
  /// F = (1 + β²)·P·R / (β²·P + R), where P and R average over the orders that both sides have.
  package func score(_ tally: CHRFTally) -> Double {
    let factor = Double(beta * beta)
    let epsilon = 1e-16
    var (precisions, recalls, smoothed, orders) = (0.0, 0.0, 0.0, 0.0)
    for order in tally.orders {
      let precision = order.hypothesis > 0 ? Double(order.matches) / Double(order.hypothesis) : epsilon
      let recall = order.reference > 0 ? Double(order.matches) / Double(order.reference) : epsilon
      let denominator = factor * precision + recall
      smoothed += denominator > 0 ? (1 + factor) * precision * recall / denominator : epsilon
      guard order.hypothesis > 0, order.reference > 0 else { continue }
      precisions += precision
      recalls += recall
      orders += 1
    }
    if epsilonSmoothing {
      // A tally of nothing has no orders; all of them then score epsilon.
      return tally.orders.isEmpty ? 100 * epsilon : 100 * smoothed / Double(characterOrder + wordOrder)
    }
    guard orders > 0 else { return 0 }
    let (precision, recall) = (precisions / orders, recalls / orders)
    return precision + recall > 0 ? 100 * ((1 + factor) * precision * recall / (factor * precision + recall)) : 0
  }

  /// sacrebleu's line: `chrF2 = 90.05`.
  package func format(_ score: Double) -> String { "\(name) = \(score.fixedPoint(2))" }

  /// - Parameter references: how many references each segment has; `nil` when that varies.
  package func signature(references: Int? = 1) -> Signature {
    Signature(
      name,
      [
        "nrefs": references.map(String.init) ?? "var", "case": lowercase ? "lc" : "mixed",
        "eff": epsilonSmoothing ? "no" : "yes", "nc": String(characterOrder), "nw": String(wordOrder),
        "space": whitespace ? "yes" : "no",
      ])
  }
}

/// The counts that chrF needs of a segment, or of a corpus as their sum.
package struct CHRFTally: Hashable, Sendable, Codable, AdditiveArithmetic {
  package struct Order: Hashable, Sendable, Codable {
    /// n-grams of the hypothesis; 0 when the reference is too short to have any.
    package var hypothesis: Int
    package var reference: Int
    package var matches: Int
  }

  /// Character orders, then word orders; empty for nothing.
  package var orders: [Order]

  package static let zero = CHRFTally(orders: [])

  package static func + (a: CHRFTally, b: CHRFTally) -> CHRFTally { combine(a, b, +) }

  package static func - (a: CHRFTally, b: CHRFTally) -> CHRFTally { combine(a, b, -) }

  private static func combine(_ a: CHRFTally, _ b: CHRFTally, _ operation: (Int, Int) -> Int) -> CHRFTally {
    let none = Order(hypothesis: 0, reference: 0, matches: 0)
    return CHRFTally(
      orders: (0..<max(a.orders.count, b.orders.count)).map { index in
        let x = index < a.orders.count ? a.orders[index] : none
        let y = index < b.orders.count ? b.orders[index] : none
        return Order(
          hypothesis: operation(x.hypothesis, y.hypothesis), reference: operation(x.reference, y.reference),
          matches: operation(x.matches, y.matches))
      })
  }
}

/// A segment as the symbols whose n-grams chrF counts.
private struct Symbols {
  let characters: [Unicode.Scalar]
  let words: [Scalars]

  init(_ segment: String, _ metric: CHRF) {
    let scalars = (metric.lowercase ? segment.pythonLowercased : segment).unicodeScalars
    characters = metric.whitespace ? Array(scalars) : scalars.filter { !$0.isPythonSpace }
    words = metric.wordOrder > 0 ? Array(scalars)[...].pythonWords.flatMap(Self.withoutPunctuation) : []
  }

  /// One punctuation mark at the end of a word is a word of its own, or else one at the beginning.
  private static func withoutPunctuation(_ word: Scalars) -> [Scalars] {
    guard word.count > 1, let first = word.first, let last = word.last else { return [word] }
    if last.isASCIIPunctuation { return [word.dropLast(), [last]] }
    return first.isASCIIPunctuation ? [[first], word.dropFirst()] : [word]
  }
}

extension NGramOverlap {
  fileprivate mutating func counts(
    characters hypothesis: [Unicode.Scalar], _ reference: [Unicode.Scalar], upTo order: Int
  ) -> [CHRFTally.Order] {
    // Most characters have a place of their own; a dictionary numbers the others.
    var places = [Int32](repeating: -1, count: 0x250)
    var others: [Unicode.Scalar: Int32] = [:]
    var distinct: Int32 = 0
    func known(_ scalar: Unicode.Scalar) -> Int32 {
      scalar.value < 0x250 ? places[Int(scalar.value)] : others[scalar] ?? -1
    }
    let referenceNumbers = reference.map { scalar in
      let number = known(scalar)
      if number >= 0 { return number }
      if scalar.value < 0x250 { places[Int(scalar.value)] = distinct } else { others[scalar] = distinct }
      distinct += 1
      return distinct - 1
    }
    return counts(referenceNumbers, hypothesis.map(known), distinct: Int(distinct), upTo: order)
  }

  fileprivate mutating func counts(words hypothesis: [Scalars], _ reference: [Scalars], upTo order: Int)
    -> [CHRFTally.Order]
  {
    var numbers: [Scalars: Int32] = [:]
    let referenceNumbers = reference.map { word in
      let number = numbers[word] ?? Int32(numbers.count)
      numbers[word] = number
      return number
    }
    return counts(referenceNumbers, hypothesis.map { numbers[$0] ?? -1 }, distinct: numbers.count, upTo: order)
  }

  private mutating func counts(_ reference: [Int32], _ hypothesis: [Int32], distinct: Int, upTo order: Int)
    -> [CHRFTally.Order]
  {
    if order == 0 { return [] }
    reference.withUnsafeBufferPointer { reference in
      hypothesis.withUnsafeBufferPointer { hypothesis in
        measure(reference: reference, prediction: hypothesis, distinct: distinct, upTo: order)
      }
    }
    return (1...order).map { n in
      let inReference = max(reference.count - n + 1, 0)
      let inHypothesis = inReference > 0 ? max(hypothesis.count - n + 1, 0) : 0
      return CHRFTally.Order(hypothesis: inHypothesis, reference: inReference, matches: hits[n])
    }
  }
}
