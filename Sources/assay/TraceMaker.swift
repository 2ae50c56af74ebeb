import Analysis
import ArgumentParser
import LanguageModels
import Metrics
import Tensors

/// Shows submissions the reference's own answers, in lockstep with the reference, and keeps what they would have said.
final class TraceMaker {
  private let session: Session
  private let quiet: Bool
  private let log: (@autoclosure () -> String) -> Void
  private let reference: ForwardLogits
  private let scheme: Scheme
  private let run: Run
  /// The reference's answers, as far as they have tokens.
  private let windows: [(id: String, window: TextWindow)]

  /// Memory for what the reference computed, so that it reads its answers once and not once a submission.
  static let keptBytes = 1 << 29

  /// - Throws: ``AssayError`` when the reference cannot be loaded.
  init(
    session: Session, reference run: Run, scheme: Scheme, quiet: Bool,
    log: @escaping (@autoclosure () -> String) -> Void
  )
    throws
  {
    self.session = session
    self.quiet = quiet
    self.log = log
    self.scheme = scheme
    self.run = run
    reference = ForwardLogits(try session.load(scheme), keptBytes: Self.keptBytes)
    windows = session.prompts.prompts.indices.compactMap { index in
      let id = session.prompts.prompts[index].id
      guard let answer = run[id]?.tokens, !answer.isEmpty else { return nil }
      return (id, TextWindow(index: index, prompt: session.promptTokens(index), answer: answer))
    }
  }

  /// All that logits say of some submissions, and their answers when they are led back at near-ties.
  /// - Throws: ``AssayError``; the exit code of an interruption.
  func evidence(for submissions: [(scheme: Scheme, run: Run)], noise: RoundingNoise) throws -> (
    logits: LogitEvidence, ties: [TieAwareRun]
  ) {
    let floor = try floor(noise)
    var (traces, ties): ([LogitTrace], [TieAwareRun]) = ([], [])
    for (scheme, run) in submissions {
      let forward = try session.load(scheme)
      let trace = try trace(scheme, with: forward)
      traces.append(trace)
      ties.append(
        try session.tieAware(
          run, reference: self.run, trace: trace, threshold: floor.marginChange, with: forward,
          quiet: quiet))
    }
    return (LogitEvidence(floor: floor, traces: traces), ties)
  }

  /// The reference disturbed by rounding noise, against itself.
  /// - Throws: ``AssayError``; the exit code of an interruption.
  func floor(_ noise: RoundingNoise) throws -> NoiseFloor {
    let forward = try session.load(scheme, noise: noise)
    var tally = DistributionTally()
    var marginChange = 0.0
    try read(forward, label: "noise floor") { _, block in
      for comparison in block.tokenComparisons { tally.add(comparison) }
      guard let disturbed = block.submission else { return }
      for (token, summary) in block.reference.summaries.enumerated() where summary.isFinite {
        let margin = disturbed[token, summary.bestIndex] - disturbed[token, summary.secondIndex]
        if margin.isFinite {
          marginChange = max(marginChange, Double(abs(margin - summary.margin)))
        }
      }
    }
    guard
      let floor = NoiseFloor(format: noise.format.rawValue, seed: noise.seed, tally: tally, marginChange: marginChange)
    else { throw AssayError("\(session.path): the reference has no finite logits on its own answers") }
    return floor
  }

  /// What a submission would have said at every step of the reference's answers.
  /// - Throws: ``AssayError``; the exit code of an interruption.
  func trace(_ scheme: Scheme, with forward: Forward) throws -> LogitTrace {
    var prompts: [PromptTrace] = []
    var current = PartialTrace()
    try read(forward, label: "\(scheme): logits") { id, block in
      current.add(
        block, decode: { [session] in session.model.tokenizer.decode([$0], skipSpecial: false) })
      if block.range.upperBound == block.window.scored.count {
        prompts.append(current.finished(id: id, steps: block.window.scored.count))
        current = PartialTrace()
      }
    }
    return LogitTrace(prompts)
  }

  private func read(
    _ forward: Forward, label: String,
    _ body: (String, TeacherForcedEvaluation.Block) throws -> Void
  ) throws {
    let evaluation = TeacherForcedEvaluation(
      reference: reference, submission: ForwardLogits(forward), pool: forward.pool)
    let progress = Progress(label, total: windows.count, quiet: quiet)
    for (id, window) in windows {
      if Interruption.isRequested {
        progress.clear()
        Terminal.error(
          "assay: interrupted while reading the reference's answers; --resume keeps the runs")
        throw ExitStatus.interrupted.code
      }
      try evaluation.read(window) { try body(id, $0) }
      progress.generated(window.scored.count)
      progress.finishedPrompt()
    }
    log(progress.finish())
  }
}

/// One prompt's trace while its blocks come in.
private struct PartialTrace {
  private var tally = DistributionTally()
  private var disagreements: [Disagreement] = []
  private var first: DivergencePoint?

  mutating func add(_ block: TeacherForcedEvaluation.Block, decode: (TokenID) -> String) {
    guard let submission = block.submission else { return }
    for (token, comparison) in block.tokenComparisons.enumerated() {
      tally.add(comparison)
      let (base, own) = (block.reference.summaries[token], submission.summaries[token])
      guard base.bestIndex != own.bestIndex else { continue }
      let step = block.range.lowerBound + token
      disagreements.append(Disagreement(step: step, margin: Double(base.margin)))
      guard first == nil else { continue }
      first = DivergencePoint(
        step: step, reference: candidates(block.reference, token, decode),
        submission: candidates(submission, token, decode))
    }
  }

  func finished(id: String, steps: Int) -> PromptTrace {
    PromptTrace(id: id, steps: steps, tally: tally, disagreements: disagreements, first: first)
  }

  private func candidates(
    _ block: LogitBlock, _ token: Int, _ decode: (TokenID) -> String
  ) -> [DivergencePoint.Candidate] {
    block.top(DivergencePoint.candidateCount, of: token).map { entry, logit in
      DivergencePoint.Candidate(
        token: entry, text: decode(entry), logit: Double(logit),
        probability: block.summaries[token].probability(ofLogit: logit))
    }
  }
}
