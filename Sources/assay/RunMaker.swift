import Analysis
import ArgumentParser
import LanguageModels

/// Makes run files: loads the weights, answers the prompts, and keeps what is finished whatever happens.
struct RunMaker {
  let session: Session
  let quiet: Bool
  let log: (@autoclosure () -> String) -> Void
  /// What the runs that were made here cost.
  let speeds = SpeedRecord()

  init(session: Session, quiet: Bool, log: @escaping (@autoclosure () -> String) -> Void) {
    self.session = session
    self.quiet = quiet
    self.log = log
    Interruption.catchSignals()
  }

  /// The run of a scheme, generated, resumed, or, with `resume`, taken from an earlier identical run: complete, or as far as
  /// a stopping rule needs it.
  /// - Throws: ``AssayError``; the exit code of an interruption after Ctrl-C.
  func make(_ scheme: Scheme, path: String, resume: Bool, until rule: StoppingRule? = nil) throws -> Run {
    if resume, let run = try RunFile.complete(at: path, provenance: session.provenance(scheme, tile: nil)) {
      log("\(scheme): \(path) is complete")
      return run
    }
    try session.checkMemory(scheme)
    let forward = try session.load(scheme)
    let provenance = session.provenance(scheme, tile: forward.tileWidth)
    let file = try RunFile(path, provenance: provenance, resume: resume)
    let prompts = session.prompts.prompts
    let progress = Progress("\(scheme)", total: prompts.count, finished: file.finished.count, quiet: quiet)
    var answers = AnswersInOrder(prompts: prompts, finished: file.finished, rule: rule)
    if !answers.isSettled {
      do {
        try session.answer(with: forward, prompts: answers.open, progress: progress) { output in
          try file.append(output)
          answers.add(output)
          if answers.isSettled { throw AnswersInOrder.Settled() }
        }
      } catch is AnswersInOrder.Settled {}
    }
    speeds.record("\(scheme)", tokensPerSecond: progress.tokensPerSecond)
    let summary = progress.finish()
    let outputs = answers.outputs
    guard answers.isSettled || outputs.count == prompts.count else {
      throw interruption("after \(answers.count) of \(prompts.count) prompts")
    }
    let final = provenance.with(answers.earlyStop)
    let run = try Run(name: "\(scheme)", provenance: final, outputs: outputs)
    try file.finish(as: answers.isInOrder ? nil : run)
    if forward.overflows > 0 {
      Terminal.error("assay: warning: \(scheme): \(forward.overflows) values overflowed to infinity in 16 bits")
    }
    log(summary)
    return run
  }

  /// Runs the first prompts of the reference again under another batch and thread count: an A/A test.
  /// - Returns: `nil` when there is no prompt.
  /// - Throws: ``AssayError``; the exit code of an interruption after Ctrl-C.
  func control(of scheme: Scheme, reference: Run) throws -> AAControl? {
    let all = session.prompts.prompts.count
    let count = min(Self.controlPrompts, all)
    let threads = session.settings.threads == 1 ? 2 : 1
    // Never as many sequences together as the reference had.
    let together = min(session.settings.batch, all)
    let batch = together == 1 ? Self.controlBatch : min(Self.controlBatch, together - 1)
    let forward = try session.load(scheme, threads: threads)
    let progress = Progress("A/A control", total: count, quiet: quiet)
    var outputs: [Output] = []
    try session.answer(with: forward, prompts: Array(0..<count), batch: batch, progress: progress) {
      outputs.append($0)
    }
    log(progress.finish())
    guard outputs.count == count else { throw interruption("in the A/A control") }
    let provenance = session.provenance(scheme, tile: forward.tileWidth)
    return AAControl(reference: reference, control: try Run(name: "control", provenance: provenance, outputs: outputs))
  }

  private func interruption(_ place: String) -> ExitCode {
    Terminal.error("assay: interrupted \(place); --resume goes on from there")
    return ExitStatus.interrupted.code
  }

  private static let controlPrompts = 8
  private static let controlBatch = 7
}
