internal import Metrics
package import Statistics

/// Answers of one task that changed sides between reference and submission, where prompts say how they are graded.
///
/// Equal accuracies hide changes: what was lost on some prompts may be gained on others. Source: Dutta and others 2024,
/// "Accuracy is Not All You Need".
package struct Flips: Hashable, Sendable {
  /// As prompts name it, such as `gsm8k`.
  package let task: String
  package let promptCount: Int
  /// Prompts that the reference answers rightly.
  package let referenceCorrect: Int
  package let submissionCorrect: Int
  /// Wrong in both, but with another answer.
  package let wrongToWrong: Int
  /// Right to wrong (`lost`) and wrong to right (`gained`).
  package let test: McNemar

  init(task: String, _ grades: [TaskGrades]) {
    self.task = task
    promptCount = grades.count
    referenceCorrect = grades.count(where: \.reference.isCorrect)
    submissionCorrect = grades.count(where: \.submission.isCorrect)
    wrongToWrong = grades.count {
      !$0.reference.isCorrect && !$0.submission.isCorrect && $0.reference.answer != $0.submission.answer
    }
    test = McNemar(
      lost: grades.count { $0.reference.isCorrect && !$0.submission.isCorrect },
      gained: grades.count { !$0.reference.isCorrect && $0.submission.isCorrect })
  }

  /// (right to wrong + wrong to right) / prompts
  package var rate: Double { Double(test.lost + test.gained) / Double(promptCount) }

  /// The flips of each task in alphabetical order.
  static func byTask(_ prompts: [PromptComparison]) -> [Flips] {
    Dictionary(grouping: prompts.compactMap(\.grades), by: \.task).map { Flips(task: $0.rawValue, $1) }
      .sorted { $0.task < $1.task }
  }
}

/// Both answers to one prompt, graded.
package struct TaskGrades: Hashable, Sendable {
  let task: GradingTask
  let reference: GradingTask.Grade
  let submission: GradingTask.Grade

  /// `nil` for a prompt without a task, or whose task cannot be graded: its name is unknown, or targets or choices are missing.
  init?(reference: Output, submission: Output, truth: GroundTruth) {
    guard let task = truth.tasks[reference.id].flatMap(GradingTask.init), let targets = truth.targets[reference.id]
    else { return nil }
    let choices = truth.choices[reference.id] ?? []
    guard !task.needsChoices || !choices.isEmpty else { return nil }
    self.task = task
    self.reference = task.grade(reference.text, references: targets, choices: choices)
    self.submission = task.grade(submission.text, references: targets, choices: choices)
  }
}
