import Analysis
import LanguageModels

/// A submission's answers when it is led back onto the reference's token wherever the reference itself was undecided.
///
/// Up to its first confident change a submission then says what the reference says; from there on it is free. Where no
/// step before that change was led back, its ordinary answer is that answer.
extension Session {
  /// - Parameter threshold: the largest margin of a near-tie.
  /// - Throws: ``AssayError``; the exit code of an interruption.
  func tieAware(
    _ submission: Run, reference: Run, trace: LogitTrace, threshold: Double, with forward: Forward,
    quiet: Bool
  ) throws -> TieAwareRun {
    var outputs: [Output] = []
    var unfinished: [(index: Int, prefix: [TokenID])] = []
    var led = 0
    for (index, prompt) in prompts.prompts.enumerated() {
      guard let own = submission[prompt.id], let base = reference[prompt.id] else { continue }
      let disagreements = trace[prompt.id]?.disagreements ?? []
      led += disagreements.prefix { $0.isNearTie(within: threshold) }.count
      switch TieLead(disagreements, threshold: threshold) {
      case .reference: outputs.append(base)
      case .submission: outputs.append(own)
      case .free(let step): unfinished.append((index, Array((base.tokens ?? []).prefix(step))))
      }
    }
    let progress = Progress("\(submission.name): near-ties", total: unfinished.count, quiet: quiet)
    let before = outputs.count
    try answer(with: forward, continuing: unfinished, progress: progress) { outputs.append($0) }
    progress.clear()
    guard outputs.count == before + unfinished.count else {
      Terminal.error("assay: interrupted while leading answers back; --resume keeps the runs")
      throw ExitStatus.interrupted.code
    }
    let order = Dictionary(uniqueKeysWithValues: prompts.prompts.enumerated().map { ($1.id, $0) })
    outputs.sort { order[$0.id]! < order[$1.id]! }
    return TieAwareRun(
      run: try Run(name: submission.name, provenance: submission.provenance, outputs: outputs),
      ledBack: led,
      threshold: threshold)
  }
}
