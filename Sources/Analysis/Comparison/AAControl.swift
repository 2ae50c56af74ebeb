/// The reference run twice under two shapes of computation: whatever differs is noise of the engine, not of a scheme.
package struct AAControl: Hashable, Sendable {
  /// The prompts that were run twice.
  package let promptCount: Int
  /// Steps whose token differs or exists on one side only.
  package let tokenDifferences: Int
  /// Steps whose log-probability is not the same bit for bit; `nil` when the runs do not record them.
  package let logProbabilityDifferences: Int?
  /// The largest distance of two log-probabilities, in nats; 0 when there is none.
  package let maximumLogProbabilityDifference: Double

  /// Compares the outputs of `control` with the same prompts of `reference`. Texts stand in for tokens that are not
  /// recorded.
  ///
  /// - Returns: `nil` when the runs have no prompt in common.
  package init?(reference: Run, control: Run) {
    let pairs = control.outputs.compactMap { output in reference[output.id].map { ($0, output) } }
    guard !pairs.isEmpty else { return nil }
    promptCount = pairs.count
    tokenDifferences = pairs.reduce(0) { $0 + Self.tokenDifferences($1.0, $1.1) }
    let steps = pairs.flatMap { pair in zip(pair.0.logProbabilities ?? [], pair.1.logProbabilities ?? []) }
    let differing = steps.filter { $0.bitPattern != $1.bitPattern }
    logProbabilityDifferences = steps.isEmpty ? nil : differing.count
    maximumLogProbabilityDifference = differing.map { abs($0 - $1) }.max { $0 < $1 || $1.isNaN } ?? 0
  }

  /// A control whose outcome was written down.
  package init(
    promptCount: Int, tokenDifferences: Int, logProbabilityDifferences: Int?, maximumLogProbabilityDifference: Double
  ) {
    self.promptCount = promptCount
    self.tokenDifferences = tokenDifferences
    self.logProbabilityDifferences = logProbabilityDifferences
    self.maximumLogProbabilityDifference = maximumLogProbabilityDifference
  }

  /// True when nothing differs: the only acceptable result.
  package var isExact: Bool { tokenDifferences == 0 && (logProbabilityDifferences ?? 0) == 0 }

  private static func tokenDifferences(_ left: Output, _ right: Output) -> Int {
    guard let leftTokens = left.tokens, let rightTokens = right.tokens else { return left.text == right.text ? 0 : 1 }
    return zip(leftTokens, rightTokens).count { $0 != $1 } + abs(leftTokens.count - rightTokens.count)
  }
}

extension AAControl: CustomStringConvertible {
  /// `A/A control passed`, or that it did not.
  package var verdict: String { isExact ? "A/A control passed" : "A/A control FAILED" }

  /// What was compared and what differed.
  package var detail: String {
    // One prompt makes no other batch.
    let prompts = promptCount == 1 ? "1 prompt," : "\(promptCount) prompts, in other batches"
    let runs = "the reference against itself on \(prompts) on another number of threads"
    guard !isExact else {
      return runs + (logProbabilityDifferences == nil ? ": the same tokens" : ": the same tokens and log-probabilities")
    }
    let steps = logProbabilityDifferences.map {
      " and \($0) log-probabilities (by up to \(maximumLogProbabilityDifference))"
    }
    return runs
      + ": \(tokenDifferences) tokens\(steps ?? "") differ, so differences between schemes are not to be trusted"
  }

  package var description: String { "\(verdict): \(detail)" }
}
