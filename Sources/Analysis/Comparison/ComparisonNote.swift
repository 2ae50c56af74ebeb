/// Something a reader of a comparison should know before believing its numbers.
package enum ComparisonNote: Hashable, Sendable {
  /// The runs differ in something that should not change outputs, but can.
  case differs(ProvenanceDifference)
  /// Whether the runs belong together could not be checked.
  case noProvenance(run: String)
  /// Divergence is counted in words, because at least one run has no tokens.
  case divergenceInWords
  /// Reference outputs that ROUGE cannot see, and how many of them changed.
  case wordless(count: Int, changed: Int)
  /// The reference scores 0, so the metric says nothing.
  case undefined(metric: String, gate: Gate)
  /// The targets gate rests on part of the prompts.
  case promptsWithoutTargets(count: Int, promptCount: Int)
  /// Intervals of so few prompts are rough.
  case fewPrompts(Int)
  /// Scores of one category are correlated, which widens the intervals.
  case clustered(categories: Int)

  /// Below this many prompts the normal approximation behind the intervals is doubtful.
  private static let enoughPrompts = 30

  static func notes(
    reference: Run, submission: Run, differences: [ProvenanceDifference],
    prompts: [PromptComparison],
    gates: [GateResult]
  ) -> [ComparisonNote] {
    var notes = differences.map(ComparisonNote.differs)
    notes += [reference, submission].filter { $0.provenance == nil }.map {
      .noProvenance(run: $0.name)
    }
    if prompts.contains(where: { $0.divergence?.unit == .word }) {
      notes.append(.divergenceInWords)
    }
    let wordless = prompts.filter(\.isWordless)
    if !wordless.isEmpty {
      notes.append(.wordless(count: wordless.count, changed: wordless.count { !$0.isExactMatch }))
    }
    for gate in gates {
      for metric in gate.metrics where metric.isGating && metric.category == nil {
        notes.append(.undefined(metric: metric.metric.title, gate: gate.gate))
      }
      if gate.gate == .targets, gate.promptCount < prompts.count {
        notes.append(
          .promptsWithoutTargets(
            count: prompts.count - gate.promptCount, promptCount: prompts.count))
      }
    }
    if prompts.count < enoughPrompts { notes.append(.fewPrompts(prompts.count)) }
    let categories = Set(prompts.map(\.category))
    if categories.count > 1 { notes.append(.clustered(categories: categories.count)) }
    return notes
  }
}

extension ComparisonNote: CustomStringConvertible {
  package var description: String {
    switch self {
    case .differs(let difference):
      "\(difference.field) differs: \(difference.reference) in the reference, \(difference.submission) in the submission"
    case .noProvenance(let run):
      "'\(run)' does not say where it comes from, so prompts and settings could not be checked"
    case .divergenceInWords:
      "first divergence is counted in words, because not every output has its tokens"
    case .wordless(let count, let changed):
      "\(count) reference outputs have no word that ROUGE can see and count by equality; \(changed) of them changed"
    case .undefined(let metric, let gate):
      "the reference scores 0 in \(metric) under the gate \(gate.rawValue), so this metric does not decide"
    case .promptsWithoutTargets(let count, let promptCount):
      "\(count) of \(promptCount) prompts have no target and do not count under the gate targets"
    case .fewPrompts(let count):
      "\(count) prompts are few: intervals and confidence are rough"
    case .clustered(let categories):
      "intervals allow for correlation within each of the \(categories) categories of prompts"
    }
  }
}
