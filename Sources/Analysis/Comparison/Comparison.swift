package import Metrics
package import Statistics

/// A submission's run beside the reference's run, prompt by prompt, and what every gate makes of it.
package struct Comparison: Hashable, Sendable {
  package let reference: Run
  package let submission: Run
  /// What was computed, in the order of every list of scores.
  package let metrics: [ROUGEVariant]
  /// In the reference's order.
  package let prompts: [PromptComparison]
  /// The submission's answers when it is led back at the reference's near-ties, if they were made.
  package let ties: TieAwareRun?
  /// The gates that can be computed: always `reference`; `reference-ties` with such answers; `targets` when a prompt has
  /// one.
  package private(set) var gates: [GateResult]
  /// The gate whose verdict decides.
  package private(set) var deciding: GateResult
  /// Answers that changed sides, per task whose prompts are graded.
  package let flips: [Flips]
  /// What a reader should know before believing the numbers.
  package let notes: [ComparisonNote]

  /// Scores every prompt and judges every gate.
  ///
  /// - Throws: ``ComparisonError`` when the runs are not about the same prompts under the same conditions.
  package init(
    reference: Run, submission: Run, truth: GroundTruth = .none, ties: TieAwareRun? = nil,
    options: ComparisonOptions = ComparisonOptions()
  ) throws(ComparisonError) {
    let differences = try Self.acceptedDifferences(reference, submission)
    try Self.checkPrompts(reference, submission)
    guard !options.gateMetrics.isEmpty else { throw .noGateMetrics }

    let scorer = ROUGEScorer(variants: options.metrics, stemming: options.stemming)
    let prompts = reference.outputs.compactMap { output in
      submission[output.id].map {
        PromptComparison(
          reference: output, submission: $0, tied: ties?.run[output.id], truth: truth,
          scorer: scorer)
      }
    }
    let gates = Gate.allCases.compactMap {
      Self.judge($0, prompts, options, scorer, isSequential: submission.provenance?.earlyStop != nil)
    }
    guard let deciding = gates.first(where: { $0.gate == options.gate }) else {
      throw options.gate == .referenceTies
        ? .noTieAwareAnswers(submission: submission.name) : .noTargets(reference: reference.name)
    }
    self.reference = reference
    self.submission = submission
    self.ties = ties
    metrics = options.metrics
    self.prompts = prompts
    self.gates = gates
    flips = Flips.byTask(prompts)
    self.deciding = deciding
    notes = ComparisonNote.notes(
      reference: reference, submission: submission, differences: differences, prompts: prompts, gates: gates)
  }

  /// The same comparisons, with the p values of each gate corrected for being judged together.
  package static func correctedForMany(_ comparisons: [Comparison]) -> [Comparison] {
    var corrected = comparisons
    for gate in Gate.allCases {
      let places = comparisons.indices.flatMap { comparison in
        comparisons[comparison].gates.indices.filter { comparisons[comparison].gates[$0].gate == gate }
          .map { (comparison, $0) }
      }
      let results = GateResult.corrected(places.map { comparisons[$0].gates[$1] })
      for ((comparison, index), result) in zip(places, results) {
        corrected[comparison].gates[index] = result
        if comparisons[comparison].deciding.gate == gate { corrected[comparison].deciding = result }
      }
    }
    return corrected
  }

  /// The prompts whose outputs have the same text.
  package var exactMatchCount: Int { prompts.count(where: \.isExactMatch) }

  /// ``exactMatchCount`` by the number of prompts, with Wilson's interval.
  package var exactMatchRate: Estimate {
    // There is no comparison without a prompt.
    Proportion(successes: exactMatchCount, trials: prompts.count)!.estimate
  }

  /// The prompts that lost most under the deciding gate's metrics, worst first; unchanged prompts are left out.
  package func worstPrompts(_ count: Int) -> [PromptComparison] {
    let gating = deciding.metrics.indices.filter { deciding.metrics[$0].isGating }
    let losses = prompts.enumerated().compactMap { (index, prompt) -> (loss: Double, index: Int)? in
      guard !prompt.isExactMatch, let scores = prompt.scores(for: deciding.gate) else { return nil }
      return (gating.map { scores.reference[$0] - scores.submission[$0] }.reduce(0, +), index)
    }
    let worstFirst = losses.sorted { $0.loss != $1.loss ? $0.loss > $1.loss : $0.index < $1.index }
    return worstFirst.prefix(count).map { prompts[$0.index] }
  }

  private static func acceptedDifferences(
    _ reference: Run, _ submission: Run
  ) throws(ComparisonError) -> [ProvenanceDifference] {
    guard let left = reference.provenance, let right = submission.provenance else { return [] }
    let differences = left.differences(in: right)
    let refused = differences.filter { !$0.isAcceptable }
    guard refused.isEmpty else {
      throw .incompatible(reference: reference.name, submission: submission.name, differences: refused)
    }
    return differences
  }

  private static func checkPrompts(_ reference: Run, _ submission: Run) throws(ComparisonError) {
    // A run that ended early is compared on the prompts it answered.
    let missing =
      submission.provenance?.earlyStop != nil ? [] : reference.outputs.filter { submission[$0.id] == nil }.map(\.id)
    guard missing.isEmpty else {
      throw .missingOutputs(submission: submission.name, ids: missing, promptCount: reference.outputs.count)
    }
    let unexpected = submission.outputs.filter { reference[$0.id] == nil }.map(\.id)
    guard unexpected.isEmpty else {
      throw .unexpectedOutputs(submission: submission.name, reference: reference.name, ids: unexpected)
    }
  }

  /// The verdict of one gate; `nil` when no prompt can be used.
  private static func judge(
    _ gate: Gate, _ prompts: [PromptComparison], _ options: ComparisonOptions, _ scorer: ROUGEScorer,
    isSequential: Bool
  ) -> GateResult? {
    let usable = prompts.compactMap { prompt in prompt.scores(for: gate).map { (prompt, $0) } }
    guard !usable.isEmpty else { return nil }
    let clusters = clusters(of: usable.map(\.0))
    let samples = options.metrics.indices.compactMap { index in
      PairedSample(reference: usable.map { $1.reference[index] }, submission: usable.map { $1.submission[index] })
    }
    return GateResult(
      gate: gate, metrics: options.metrics, gating: options.gateMetrics,
      signatures: options.metrics.map(scorer.signature),
      samples: samples, clusters: clusters, isSequential: isSequential)
  }

  /// The cluster of each prompt; a prompt without a category is one of its own.
  ///
  /// `nil` when prompts count as independent: none has a category, or all have the same.
  private static func clusters(of prompts: [PromptComparison]) -> [String]? {
    guard Set(prompts.map(\.category)).count > 1 else { return nil }
    return prompts.map { $0.category.map { "category " + $0 } ?? "prompt " + $0.id }
  }
}
