import Analysis
import ArgumentParser
import LanguageModels
import Metrics

struct PerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Perplexity of a text, and how far a scheme's or model's distributions are from another's.",
    discussion: """
      Examples:
        assay perplexity --model model.gguf --text text.txt
        assay perplexity --model model.gguf --text text.txt --scheme int8 --against fp32
        assay perplexity --model q8_0.gguf --text text.txt --against f32.gguf
        assay perplexity --model model.gguf --text text.txt --scheme q8_0:activations=q8,kv=fp16 --against fp32:kv=fp16
                                                                                      as llama.cpp computes on a CPU
        assay perplexity --model f32.gguf --text text.txt --save-logits base.kld      a file that llama.cpp reads
        assay perplexity --model f32.gguf --text text.txt --stream-layers --spill /tmp   a model larger than memory
        assay perplexity --model q8_0.gguf --against base.kld                         one that llama.cpp wrote

      The lines are those of llama.cpp's perplexity tool: Q is --model under --scheme, base is what it is held
      against, KLD is KL(base||Q) in nats. Both models read the text in lockstep, so no file of logits is needed; in
      such a file log-probabilities have 16 bits, which moves a KLD by up to some 1e-5. llama.cpp's CPU kernels round
      inputs to 8 bits, which 'activations=q8' does too; without it Q8_0 loses a quarter of what llama.cpp reports.
      """)

  @Option(help: ArgumentHelp("Model file (GGUF).", valueName: "path"))
  var model: String

  @Option(
    help: ArgumentHelp("Text to read; not needed against a file of logits, which holds its tokens.", valueName: "path"))
  var text: String?

  @Option(help: ArgumentHelp("Scheme of the model (default fp32).", valueName: "scheme"))
  var scheme: String?

  @Option(
    help: ArgumentHelp(
      "What to hold it against: a scheme of the same model, a model file, or a '_logits_' file.",
      valueName: "scheme|path"))
  var against: String?

  @Option(name: .customLong("ctx"), help: ArgumentHelp("Tokens of a chunk.", valueName: "n"))
  var context: Int?

  @Option(help: ArgumentHelp("Read no more than so many chunks.", valueName: "n"))
  var chunks: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens that count: 'last-half' of whole chunks, as llama.cpp, or 'all' but each chunk's first.",
      valueName: "rule"))
  var score = ScoringRule.lastHalf.rawValue

  @Option(help: ArgumentHelp("Write the model's log-probabilities, as llama.cpp reads them.", valueName: "path"))
  var saveLogits: String?

  @Flag(
    help:
      "Hold one layer at a time in memory and take all chunks through it: the same numbers, for models larger than memory."
  )
  var streamLayers = false

  @Option(
    help: ArgumentHelp(
      "With --stream-layers: keep activations in a file of this folder, not in memory.", valueName: "dir"))
  var spill: String?

  @Option(
    help: ArgumentHelp(
      "Also measure what rounding noise of one unit in the last place of fp16 or bf16 does to the base: the floor of all "
        + "differences.", valueName: "format"))
  var noise: String?

  @Option(help: ArgumentHelp("Seed of that noise.", valueName: "n"))
  var noiseSeed: UInt64 = 1

  @Option(help: ArgumentHelp("Threads; changes speed, never results (default: all cores).", valueName: "n"))
  var threads: Int?

  @OptionGroup var report: OutputOptions

  func validate() throws {
    for (name, value, low, high) in [
      ("ctx", context, 4, 1 << 20), ("chunks", chunks, 1, 1 << 30), ("threads", threads, 1, 1024),
    ] {
      if let value, !(low...high).contains(value) {
        throw ValidationError("--\(name) is \(value), expected a number from \(low) to \(high)")
      }
    }
    if let noise {
      guard RoundingNoise.Format(rawValue: noise) != nil else {
        throw ValidationError("--noise is '\(noise)', expected fp16 or bf16")
      }
      guard against != nil, !streamLayers else {
        throw ValidationError("--noise needs --against, and models that are in memory")
      }
    }
    if spill != nil, !streamLayers { throw ValidationError("--spill needs --stream-layers") }
    guard let rule = ScoringRule(rawValue: score) else {
      throw ValidationError("--score is '\(score)', expected 'last-half' or 'all'")
    }
    if rule == .all, saveLogits != nil {
      throw ValidationError("--save-logits needs --score last-half: the file holds the second half of each chunk")
    }
  }

  func run() throws {
    let job = try PerplexityJob(self)
    let file = try saveLogits.map { try LogitFileWriter($0, job: job) }
    var result = PerplexityResult(job)
    let progress = Progress(job.title, total: job.windows.count, unit: "chunks", quiet: report.quiet)
    if !report.json { try Terminal.result(result.opening) }
    for window in job.windows {
      try checkInterruption()
      var chunk = PerplexityResult.Chunk()
      try read(job.evaluation, window) { block in
        chunk.add(block)
        progress.generated(block.range.count)
        try file?.append(block.submission ?? block.reference, pool: job.pool)
      }
      if let floor = job.floor { try read(floor, window) { result.addFloor($0) } }
      progress.finishedPrompt()
      progress.clear()
      result.append(chunk)
      if !report.json { try Terminal.result(result.lastLine, terminator: job.against == nil ? "" : "\n") }
    }
    report.log(progress.finish())
    try file?.finish()
    try Terminal.result(report.json ? result.json.indentedText : result.closing, terminator: "")
    if result.nonFinite > 0 {
      throw AssayError(
        "\(model): NaN or infinite logits at \(result.nonFinite) of \(result.scored) tokens, which are left out of all numbers"
      )
    }
  }

  private func read(
    _ evaluation: TeacherForcedEvaluation, _ window: TextWindow, _ body: (TeacherForcedEvaluation.Block) throws -> Void
  ) throws {
    do {
      try evaluation.read(window, body)
    } catch let error as ModelError {
      throw AssayError(model, error)
    }
  }

  func checkInterruption() throws {
    guard Interruption.isRequested else { return }
    Terminal.error("assay: interrupted; nothing is kept")
    throw ExitStatus.interrupted.code
  }
}
