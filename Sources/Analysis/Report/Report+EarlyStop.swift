extension Comparison {
  /// What was saved by not answering all prompts; `nil` for a run that did.
  package struct Saving: Hashable, Sendable {
    package let stop: EarlyStop
    /// Prompts that were answered.
    package let promptCount: Int
    /// What the reference needed for the prompts that were not; `nil` when it does not record tokens.
    package let tokenCount: Int?
  }

  package var saving: Saving? {
    guard let stop = submission.provenance?.earlyStop else { return nil }
    let counts = reference.outputs.filter { submission[$0.id] == nil }.map { $0.tokens?.count }
    return Saving(
      stop: stop, promptCount: submission.outputs.count,
      tokenCount: counts.contains(nil) ? nil : counts.compactMap { $0 }.reduce(0, +))
  }

  /// One sentence for people.
  var savingText: String? {
    saving.map { saving in
      let left = saving.stop.plannedCount - saving.promptCount
      let tokens = saving.tokenCount.map { ", for which the reference needed \($0) tokens" } ?? ""
      return "\(submission.name): settled early at \(saving.promptCount) of \(saving.stop.plannedCount) prompts, "
        + "in the random order of seed \(saving.stop.seed); saved \(left) prompts\(tokens)"
    }
  }

  /// For machines; `null` for a run that answered all prompts.
  var savingJSON: JSON {
    guard let saving else { return .null }
    return .members([
      "prompts": .integer(saving.promptCount), "planned_prompts": .integer(saving.stop.plannedCount),
      "order_seed": .string(String(saving.stop.seed)),
      "saved_prompts": .integer(saving.stop.plannedCount - saving.promptCount),
      "saved_tokens": saving.tokenCount.map { .integer($0) } ?? .null,
    ])
  }
}

extension Report {
  /// Which runs ended early, and what that means for their numbers.
  var earlyStopSection: String? {
    let lines = comparisons.compactMap(\.savingText)
    guard !lines.isEmpty else { return nil }
    return "## Settled early\n\n" + lines.map { "- " + $0.markdownEscaped + "." }.joined(separator: "\n")
      + "\n\nTheir p values and intervals are of a kind that holds at every number of prompts (betting), so that looking "
      + "often does no harm; they take prompts as independent. `--resume` without `--stop-early` answers the rest."
  }
}
