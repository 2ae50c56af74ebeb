/// Why a wrong solution is wrong.
package struct SolutionDiagnosis: Hashable, Sendable {
  package enum Fault: String, CaseIterable, Sendable {
    /// The text was cut off before an answer.
    case truncated
    /// There is no answer, and nothing that would be right.
    case noAnswer
    /// The right number is there, but not where or how the rule wants it.
    case format
    /// The chain is that of the reference up to a calculation that comes out wrong, and keeps its shape after it.
    case arithmeticSlip
    /// A step calculates something else, or is missing.
    case wrongStep
  }

  package let fault: Fault
  /// The first step that is to blame, counted from 0, if one is.
  package let step: Int?

  /// Diagnoses a solution; `nil` if its answer is right.
  ///
  /// - Parameters:
  ///   - answer: what the grading rule took out of the solution, `nil` if nothing.
  ///   - goldSolution: a right solution with its calculations, as in GSM8K.
  ///   - isTruncated: whether generation stopped at its limit.
  package init?(
    of solution: String, answer: String?, goldAnswer: String, goldSolution: String, isTruncated: Bool = false
  ) {
    if let answer, GSM8K.comparison.matches(prediction: answer, reference: goldAnswer) { return nil }
    let lastNumber = GSM8K.Rule.flexible.pattern.answer(in: solution)
    let endsRight = lastNumber.map { GSM8K.comparison.matches(prediction: $0, reference: goldAnswer) } ?? false
    if isTruncated, answer == nil {
      self.init(.truncated)
    } else if endsRight {
      self.init(.format)
    } else if answer == nil {
      self.init(.noAnswer)
    } else {
      self.init(steps: ReasoningSteps.steps(in: solution), gold: ReasoningSteps.steps(in: goldSolution))
    }
  }

  private init(_ fault: Fault, step: Int? = nil) {
    self.fault = fault
    self.step = step
  }

  private init(steps: [ReasoningStep], gold: [ReasoningStep]) {
    let pairs = zip(steps, gold)
    let slip = steps.firstIndex { !$0.isCorrect }
    let departure =
      pairs.enumerated().first { !$1.0.hasSameCalculation(as: $1.1) }?.offset ?? min(steps.count, gold.count)
    // Up to the slip the same numbers, after it the same operators.
    let keepsShape = steps.count == gold.count && pairs.allSatisfy { $0.operators == $1.operators }
    if let slip, slip < departure, keepsShape {
      self.init(.arithmeticSlip, step: slip)
    } else {
      self.init(.wrongStep, step: departure < max(steps.count, gold.count) ? departure : nil)
    }
  }
}
