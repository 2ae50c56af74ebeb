import Analysis
import ArgumentParser
import LanguageModels

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Answers a set of prompts with one model under one scheme and writes the run.",
    discussion: """
      Examples:
        assay generate --model model.gguf --prompts prompts.jsonl --output fp32.jsonl
        assay generate --model model.gguf --prompts prompts.jsonl --scheme int8 --output int8.jsonl --max-tokens 96
        assay generate ... --scheme int4:rounding=gptq --calibration other-prompts.jsonl --output gptq.jsonl
        assay generate ... --output int8.jsonl --resume        go on after Ctrl-C or a crash
        assay generate ... --scheme int8:kv=int8 --dry-run     what would be done, and the memory it takes

      The same model, prompts, scheme and --max-tokens give the same file, byte for byte, whatever --batch and --threads
      are, and whether or not it was interrupted.
      """)

  @Option(help: ArgumentHelp("Model: a GGUF file, or a folder with safetensors.", valueName: "path"))
  var model: String

  @Option(help: ArgumentHelp("Prompts (JSON Lines or CSV).", valueName: "path"))
  var prompts: String

  @Option(help: ArgumentHelp("Quantization scheme; 'assay run --list-schemes' explains them.", valueName: "scheme"))
  var scheme = "fp32"

  @Option(name: .shortAndLong, help: ArgumentHelp("Run file to write (JSON Lines).", valueName: "path"))
  var output: String

  @OptionGroup var generation: GenerationOptions
  @OptionGroup var report: OutputOptions

  func run() throws {
    let scheme = try parseScheme(scheme)
    let set = try PromptSet(parsing: Files.read(prompts), label: prompts)
    try Files.checkReplaceable(output)
    let calibration = try CalibrationSource.prompts(path: generation.calibration, for: [scheme], evaluated: set)
    for input in [model, prompts] + (generation.calibration.map { [$0] } ?? []) where Files.isSame(input, output) {
      throw AssayError("\(output): is an input of this run and would be lost; choose another output")
    }
    try Files.checkWritable(folder: Files.folder(of: output))
    let session = try Session(
      model: model, prompts: set, settings: generation.settings(), calibration: calibration)
    if generation.dryRun { return try Fact.show(session.plan([scheme], output: output), json: report.json) }
    let made = try RunMaker(session: session, quiet: report.quiet, log: report.log)
      .make(scheme, path: output, resume: generation.resume)
    if report.json {
      try Terminal.result(
        JSON.members([
          "output": .string(output), "scheme": .string(scheme.description), "prompts": .integer(made.outputs.count),
          "tokens": .integer(made.outputs.reduce(0) { $0 + ($1.tokens?.count ?? 0) }),
        ]).text)
    }
  }
}
