import Metrics
import Statistics

/// What the scores of many pairs come down to. Tallies of parts add up to the tally of the whole, to the last bit.
package struct ScoreTally: Sendable {
  /// Lines with scores, and lines without.
  package internal(set) var pairs = 0
  package internal(set) var broken = 0
  /// The fewest and the most references that a pair had; `nil` before the first.
  private var references: ClosedRange<Int>?
  /// One for each metric of the plan.
  var metrics: [MetricTally]

  package init(_ plan: ScorePlan) {
    metrics = plan.metrics.map { _ in MetricTally(keepsScores: plan.keepsScores) }
  }

  /// How many references every pair has, or `nil` when their number varies.
  var referenceCount: Int? { references.flatMap { $0.lowerBound == $0.upperBound ? $0.lowerBound : nil } }

  /// Counts a pair with so many references.
  mutating func addPair(references count: Int) {
    pairs += 1
    include(count...count)
  }

  private mutating func include(_ range: ClosedRange<Int>) {
    let all = references ?? range
    references = min(all.lowerBound, range.lowerBound)...max(all.upperBound, range.upperBound)
  }

  package static func += (tally: inout ScoreTally, next: ScoreTally) {
    if let range = next.references { tally.include(range) }
    tally.pairs += next.pairs
    tally.broken += next.broken
    for index in tally.metrics.indices { tally.metrics[index] += next.metrics[index] }
  }
}

/// The sums of one metric.
struct MetricTally: Sendable {
  let keepsScores: Bool
  /// F, or the score where there is just one number; 1 for a match.
  private(set) var value = ExactSum()
  private(set) var precision = ExactSum()
  private(set) var recall = ExactSum()
  private(set) var bleu: BLEUTally?
  private(set) var chrf: CHRFTally?
  /// Predictions in which a grader found no answer.
  private(set) var unanswered = 0
  /// Right and given letters of a multiple-choice task.
  private(set) var letters = Classification<String>()
  /// How often each fault was found in wrong solutions, and what came of checking their steps.
  private(set) var faults: [SolutionDiagnosis.Fault: Int] = [:]
  private(set) var steps = (checked: 0, wrong: 0)
  /// Every score in order, if they are kept.
  private(set) var scores: [PrecisionRecall] = []

  init(keepsScores: Bool) { self.keepsScores = keepsScores }

  mutating func add(_ score: PairScore) {
    switch score {
    case .overlap(let overlap):
      precision.add(overlap.precision)
      recall.add(overlap.recall)
      value.add(overlap.fMeasure)
      if keepsScores { scores.append(overlap) }
    case .bleu(let score, let tally):
      value.add(score)
      bleu = (bleu ?? .zero) + tally
    case .chrf(let score, let tally):
      value.add(score)
      chrf = (chrf ?? .zero) + tally
    case .match(let isMatch): value.add(isMatch ? 1 : 0)
    case .grade(let grade, let letter):
      value.add(grade.isCorrect ? 1 : 0)
      if grade.answer == nil { unanswered += 1 }
      if let letter { letters.add(gold: letter, predicted: grade.answer?.letter) }
      if let fault = grade.diagnosis?.fault { faults[fault, default: 0] += 1 }
      steps.checked += grade.stepsChecked
      steps.wrong += grade.stepsWrong
    }
  }

  static func += (tally: inout MetricTally, next: MetricTally) {
    tally.value += next.value
    tally.precision += next.precision
    tally.recall += next.recall
    tally.bleu = next.bleu.map { (tally.bleu ?? .zero) + $0 } ?? tally.bleu
    tally.chrf = next.chrf.map { (tally.chrf ?? .zero) + $0 } ?? tally.chrf
    tally.unanswered += next.unanswered
    tally.letters += next.letters
    tally.faults.merge(next.faults, uniquingKeysWith: +)
    tally.steps = (tally.steps.checked + next.steps.checked, tally.steps.wrong + next.steps.wrong)
    tally.scores += next.scores
  }
}
