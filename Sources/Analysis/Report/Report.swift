/// Everything that a reader is told: comparisons with one reference, and what follows from them.
///
/// A report is a value; each format is one way to write it down. Equal reports give equal bytes.
package struct Report: Hashable, Sendable {
  /// What was assayed, usually the model's name, shortened to 120 printable characters.
  package let title: String
  /// One per submission, all with the same reference and deciding gate.
  package let comparisons: [Comparison]
  package let judgement: Judgement
  package let control: AAControl?
  /// What logits say, when models were at hand.
  package let logits: LogitEvidence?
  /// The prompts, to be shown beside their outputs.
  package let prompts: PromptSet?
  /// What changed since a baseline, when there is one.
  package private(set) var regressions: Regressions?
  /// What a policy and the baseline require, when there is one.
  package private(set) var policy: PolicyVerdict?

  /// - Precondition: there is at least one comparison.
  package init(
    title: String, comparisons: [Comparison], requirement: Judgement.Requirement,
    control: AAControl? = nil,
    logits: LogitEvidence? = nil,
    prompts: PromptSet? = nil
  ) {
    precondition(!comparisons.isEmpty, "a report is about at least one submission")
    self.title = title.excerpt(120)
    let comparisons = Comparison.correctedForMany(comparisons)
    self.comparisons = comparisons
    self.control = control
    self.logits = logits
    self.prompts = prompts
    judgement = Judgement(comparisons.map(\.deciding), requirement: requirement)
  }

  /// The same with what a baseline and a policy say.
  package func checked(_ regressions: Regressions?, _ policy: PolicyVerdict) -> Report {
    var report = self
    report.regressions = regressions
    report.policy = policy
    return report
  }

  package var reference: Run { comparisons[0].reference }
  package var gate: Gate { comparisons[0].deciding.gate }

  /// The notes of all comparisons, each once, in order.
  var notes: [(note: ComparisonNote, submissions: [String])] {
    var order: [ComparisonNote] = []
    var submissions: [ComparisonNote: [String]] = [:]
    for comparison in comparisons {
      for note in comparison.notes {
        if submissions[note] == nil { order.append(note) }
        submissions[note, default: []].append(comparison.submission.name)
      }
    }
    return order.map { ($0, submissions[$0]!) }
  }

  /// What was required and whether it was met, in one sentence.
  package var outcomeSentence: String {
    guard let category = judgement.requirement.category else { return "No category was required." }
    let confidence = judgement.requirement.needsConfidence ? ", confirmed" : ""
    return "Required: \(category.title)\(confidence), by gate \(gate.rawValue): \(judgement.outcome.rawValue)."
  }
}
