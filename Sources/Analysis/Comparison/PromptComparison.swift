internal import Metrics

/// One prompt's two outputs side by side. Scores are F-measures from 0 to 1, in the order of the compared metrics.
package struct PromptComparison: Hashable, Sendable {
  package enum Status: String, Hashable, Sendable {
    /// The same text.
    case identical
    case changed
    /// The reference says something and the submission nothing.
    case empty
  }

  /// Scores of both outputs against the same yardstick.
  package struct Scores: Hashable, Sendable {
    package let reference: [Double]
    package let submission: [Double]
  }

  package let id: String
  package let category: String?
  /// The submission's text scored against the reference's text.
  package let agreement: [Double]
  /// The reference's text against itself: 1, or 0 where it has no n-gram of the metric's order.
  package let selfAgreement: [Double]
  /// The same as ``agreement`` for the submission's text when it is led back at near-ties, if there is one.
  package let tiedAgreement: [Double]?
  /// Both texts scored against the targets, if the prompt has any.
  package let targets: Scores?
  /// Both answers graded, if the prompt has a task with a grader.
  package let grades: TaskGrades?
  package let isExactMatch: Bool
  /// `nil` when the outputs agree token for token.
  package let divergence: Divergence?

  package var status: Status {
    isExactMatch ? .identical : isEmpty ? .empty : .changed
  }

  private let isEmpty: Bool
  private let isTiedExactMatch: Bool

  /// - Parameter tied: the submission's output when it is led back at near-ties.
  init(
    reference: Output, submission: Output, tied: Output? = nil, truth: GroundTruth,
    scorer: ROUGEScorer
  ) {
    id = reference.id
    category = truth.categories[reference.id]
    // Byte for byte: Swift's own == takes canonically equivalent texts for equal.
    isExactMatch = reference.text.utf8.elementsEqual(submission.text.utf8)
    isEmpty = submission.text.allSatisfy(\.isWhitespace) && !reference.text.allSatisfy(\.isWhitespace)
    grades = TaskGrades(reference: reference, submission: submission, truth: truth)
    divergence = Divergence(reference: reference, submission: submission)

    let agreement = scorer.score(reference: reference.text, prediction: submission.text).map(\.fMeasure)
    self.agreement = agreement
    // A metric that finds anything in common is defined for the reference, and then is 1 for identical texts.
    selfAgreement =
      agreement.allSatisfy { $0 > 0 }
      ? agreement.map { _ in 1 }
      : scorer.score(reference: reference.text, prediction: reference.text).map(\.fMeasure)
    isTiedExactMatch = tied.map { $0.text.utf8.elementsEqual(reference.text.utf8) } ?? false
    tiedAgreement = tied.map { tied in
      tied == submission
        ? agreement : scorer.score(reference: reference.text, prediction: tied.text).map(\.fMeasure)
    }
    targets = truth.targets[reference.id].map { targets in
      Scores(
        reference: scorer.score(references: targets, prediction: reference.text).map(\.fMeasure),
        submission: scorer.score(references: targets, prediction: submission.text).map(\.fMeasure))
    }
  }

  /// True when the reference's text has no word that ROUGE can see: it is empty, or has no Latin letter or digit.
  package var isWordless: Bool { selfAgreement.allSatisfy { $0 == 0 } }

  /// What the prompt contributes to a gate; `nil` when the gate cannot use it.
  ///
  /// A wordless reference scores 0 with any submission. So that no change hides there, such a prompt counts 1 for the
  /// reference, and for the submission 1 if the texts are equal and else 0.
  package func scores(for gate: Gate) -> Scores? {
    switch gate {
    case .targets: targets
    case .reference: scores(agreement, isExact: isExactMatch)
    case .referenceTies: tiedAgreement.map { scores($0, isExact: isTiedExactMatch) }
    }
  }

  private func scores(_ agreement: [Double], isExact: Bool) -> Scores {
    isWordless
      ? Scores(
        reference: agreement.map { _ in 1 }, submission: agreement.map { _ in isExact ? 1 : 0 })
      : Scores(reference: selfAgreement, submission: agreement)
  }
}
