internal import Foundation
internal import Statistics

/// The counts that BLEU needs of a segment, or of a corpus as their sum.
package struct BLEUTally: Hashable, Sendable, Codable, AdditiveArithmetic {
  package var hypothesisLength: Int
  /// The length of the closest reference of each segment, the shorter of two equally close.
  package var referenceLength: Int
  /// Hypothesis n-grams of orders 1 to 4 that a reference has, clipped to the reference with the most.
  package var correct: [Int]
  package var total: [Int]

  package static let zero = BLEUTally(
    hypothesisLength: 0, referenceLength: 0, correct: Array(repeating: 0, count: BLEU.order),
    total: Array(repeating: 0, count: BLEU.order))

  package static func + (a: BLEUTally, b: BLEUTally) -> BLEUTally { combine(a, b, +) }

  package static func - (a: BLEUTally, b: BLEUTally) -> BLEUTally { combine(a, b, -) }

  private static func combine(_ a: BLEUTally, _ b: BLEUTally, _ operation: (Int, Int) -> Int) -> BLEUTally {
    BLEUTally(
      hypothesisLength: operation(a.hypothesisLength, b.hypothesisLength),
      referenceLength: operation(a.referenceLength, b.referenceLength),
      correct: zip(a.correct, b.correct).map(operation), total: zip(a.total, b.total).map(operation))
  }

  /// exp(1 - r/c) for a hypothesis shorter than its reference, 0 for an empty one, otherwise 1.
  package var brevityPenalty: Double {
    if hypothesisLength >= referenceLength { return 1 }
    return hypothesisLength > 0 ? exp(1 - Double(referenceLength) / Double(hypothesisLength)) : 0
  }
}

/// A BLEU score from 0 to 100, with everything it was made from.
package struct BLEUScore: Hashable, Sendable, CustomStringConvertible {
  package let value: Double
  /// Percentages of orders 1 to 4, smoothed.
  package let precisions: [Double]
  /// The counts behind them, after add-k smoothing.
  package let correct: [Double]
  package let total: [Double]
  package let tally: BLEUTally

  package var brevityPenalty: Double { tally.brevityPenalty }

  /// sacrebleu's line: `BLEU = 81.24 94.6/85.3/79.8/74.2 (BP = 0.977 ratio = 0.977 hyp_len = 258 ref_len = 264)`.
  package var description: String {
    let ratio =
      tally.referenceLength > 0 ? Double(tally.hypothesisLength) / Double(tally.referenceLength) : 0
    return "BLEU = \(value.fixedPoint(2)) \(precisions.map { $0.fixedPoint(1) }.joined(separator: "/"))"
      + " (BP = \(brevityPenalty.fixedPoint(3)) ratio = \(ratio.fixedPoint(3))"
      + " hyp_len = \(tally.hypothesisLength) ref_len = \(tally.referenceLength))"
  }
}
