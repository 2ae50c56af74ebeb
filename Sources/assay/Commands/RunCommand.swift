import Analysis
import ArgumentParser
import LanguageModels

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "The main job: runs a reference and submissions, compares them per prompt, judges, and writes reports.",
    discussion: """
      Examples:
        assay run suite.yaml --output reports/today
        assay run suite.yaml --output reports/today --require 99.9          a gate for CI: exit 2 below the category
        assay run --model model.gguf --prompts prompts.jsonl --submission fp16 --submission int8 --output out
        assay run suite.yaml --output reports/today --resume                go on after Ctrl-C; keeps complete runs
        assay run suite.yaml --output reports/today --require 99 --stop-early    no more prompts than the verdict needs
        assay run suite.yaml --output reports/today --dry-run               what would be done, and the memory it takes
        assay run suite.yaml --output reports/today --baseline newest       exit 2 when worse than the blessed release
        assay run --list-schemes

      A suite is a YAML file with the keys name, model, prompts, calibration, reference, submissions, max_tokens, batch,
      raw, gate, require, confidence, stop_early, policy and baseline; paths are relative to it, and flags override it. The runs are kept in
      OUTPUT/runs.
      """)

  @Argument(help: ArgumentHelp("Suite file (YAML).", valueName: "suite.yaml"))
  var suite: String?

  @Option(help: ArgumentHelp("Model: a GGUF file, or a folder with safetensors.", valueName: "path"))
  var model: String?

  @Option(help: ArgumentHelp("Prompts (JSON Lines or CSV).", valueName: "path"))
  var prompts: String?

  @Option(help: ArgumentHelp("Scheme of the reference (default fp32).", valueName: "scheme"))
  var reference: String?

  @Option(
    name: .customLong("submission"), help: ArgumentHelp("Scheme of a submission; repeatable.", valueName: "scheme"))
  var submissions: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder for reports and runs.", valueName: "dir"))
  var output: String?

  @Flag(
    help: "End a submission as soon as it is settled whether it reaches the required category; says what was saved.")
  var stopEarly = false

  @Option(help: ArgumentHelp("Seed of the random order of prompts under --stop-early (default 0).", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Explain all schemes and stop.")
  var listSchemes = false

  @Flag(
    inversion: .prefixedNo,
    help:
      "Compare logits on the reference's answers, and with them gate 'reference-ties' (one more pass a submission)."
  )
  var logits = true

  @Option(
    help: ArgumentHelp(
      "Rounding noise whose effect is the floor of all logit metrics: fp16 or bf16.",
      valueName: "format"))
  var noise = RoundingNoise.Format.fp16.rawValue

  @Option(help: ArgumentHelp("Seed of that noise.", valueName: "n"))
  var noiseSeed: UInt64 = 1

  @OptionGroup var generation: GenerationOptions
  @OptionGroup var verdict: VerdictOptions
  @OptionGroup var release: ReleaseOptions
  @OptionGroup var report: OutputOptions

  func run() throws {
    if listSchemes {
      return try listAllSchemes()
    }
    let plan = try resolve()
    let session = try Session(
      model: plan.model, prompts: plan.prompts, settings: plan.settings, calibration: plan.calibration)
    if generation.dryRun {
      let facts = session.plan(
        [plan.reference] + plan.submissions, output: plan.output, logitsOf: plan.noise.map { _ in plan.reference })
      return try Fact.show(facts, json: report.json)
    }
    if plan.noise != nil { try session.checkLogitMemory(plan.submissions, reference: plan.reference) }
    let maker = RunMaker(session: session, quiet: report.quiet, log: report.log)
    let reference = try maker.make(plan.reference, path: plan.runPath(plan.reference), resume: generation.resume)
    let control = try maker.control(of: plan.reference, reference: reference)
    let runs = try plan.submissions.map { scheme in
      let run = try maker.make(
        scheme, path: plan.runPath(scheme), resume: generation.resume, until: plan.stoppingRule(reference))
      return (scheme: scheme, run: run)
    }
    let evidence = try plan.noise.map { noise in
      try TraceMaker(
        session: session, reference: reference, scheme: plan.reference, quiet: report.quiet, log: report.log
      ).evidence(for: runs, noise: noise)
    }
    let comparisons = try runs.enumerated().map { index, submission in
      try compare(
        reference, submission.run, truth: GroundTruth(plan.prompts), ties: evidence?.ties[index], options: plan.options)
    }
    try StoredReport(plan.output).save(
      plan, control: control, logits: evidence?.logits, ties: evidence?.ties)
    let plain = Report(
      title: plan.name, comparisons: comparisons, requirement: plan.requirement, control: control,
      logits: evidence?.logits, prompts: plan.prompts)
    let speeds = maker.speeds.speeds
    let result = try plan.check?.judge(plain, speeds: speeds) ?? plain
    try ReportWriter(report: report).write(result, speeds: speeds, folder: plan.output)
    try ReportWriter.check([result])
  }

  private func listAllSchemes() throws {
    let formats = Scheme.Format.allCases
    if report.json {
      let list = formats.map { format in
        JSON.object([
          "name": .string(format.rawValue), "summary": .string(format.summary),
          "options": .array(format.optionHelp.map(JSON.string)),
        ])
      }
      return try Terminal.result(JSON.array(list).indentedText, terminator: "")
    }
    let lines = formats.flatMap { ["\($0.rawValue)", "  \($0.summary)"] + $0.optionHelp.map { "  " + $0 } }
    try Terminal.result(lines.joined(separator: "\n"))
  }

  /// Turns suite and flags into a plan; everything that can be refused is refused here, before the work.
  private func resolve() throws -> Plan {
    let file = try suite.map { try Suite(path: $0) }
    guard let model = model ?? file?.model else { throw ValidationError("no model: give a suite or --model") }
    guard let promptPath = prompts ?? file?.prompts else {
      throw ValidationError("no prompts: give a suite or --prompts")
    }
    guard let output else { throw ValidationError("no place for the reports: give --output DIR") }
    let schemes = submissions.isEmpty ? file?.submissions ?? [] : try submissions.map(parseScheme)
    guard !schemes.isEmpty else { throw ValidationError("no submission: give a suite or --submission SCHEME") }
    let referenceScheme = try reference.map(parseScheme) ?? file?.reference ?? .reference
    for (index, scheme) in schemes.enumerated() where scheme == referenceScheme || schemes[..<index].contains(scheme) {
      throw ValidationError("scheme '\(scheme)' is there twice; every submission needs its own")
    }
    let policyPath = release.policy ?? file?.policy ?? suite.flatMap(ReleaseOptions.policyBeside)
    let policy = try policyPath.map { try PolicyFile.read($0, needsConfidence: verdict.confidence) }
    let options = try verdict.options(suiteGate: file?.gate ?? policy?.gate?.rawValue)
    guard let format = RoundingNoise.Format(rawValue: noise) else {
      throw ValidationError("--noise is '\(noise)', expected fp16 or bf16")
    }
    guard logits || options.gate != .referenceTies else {
      throw ValidationError("gate 'reference-ties' needs logits; leave out --no-logits")
    }
    let requirement = try verdict.requirement(suite: file?.require, suiteConfidence: file?.confidence)
    let stopsEarly = stopEarly || file?.stopEarly == true
    guard !stopsEarly || requirement.category != nil else {
      throw ValidationError("--stop-early needs to know what is required: give --require 99 or 99.9")
    }
    guard !stopsEarly || options.gate != .referenceTies else {
      throw ValidationError("--stop-early cannot watch gate 'reference-ties'; use --gate reference or targets")
    }
    guard seed == nil || stopsEarly else {
      throw ValidationError("--seed is the seed of the order of prompts under --stop-early, which is not given")
    }
    let check = try release.check(
      suite: file?.name ?? "assay run", suiteBaseline: file?.baseline, policy: policy,
      needsConfidence: verdict.confidence || file?.confidence == true)
    guard !stopsEarly || check?.baseline == nil else {
      throw ValidationError("--stop-early leaves prompts out, which a baseline needs; leave one of them out")
    }
    let promptBytes = try Files.read(promptPath)
    let promptSet = try PromptSet(parsing: promptBytes, label: promptPath)
    let plan = Plan(
      name: file?.name ?? "assay run", model: model, prompts: promptSet, promptBytes: promptBytes,
      calibration: try CalibrationSource.prompts(
        path: generation.calibration ?? file?.calibration, for: [referenceScheme] + schemes, evaluated: promptSet),
      reference: referenceScheme,
      submissions: schemes,
      settings: generation.settings(maxTokens: file?.maxTokens, batch: file?.batch, raw: file?.raw),
      options: options, requirement: requirement, orderSeed: stopsEarly ? seed ?? 0 : nil, output: output,
      noise: logits ? RoundingNoise(format: format, seed: noiseSeed) : nil, check: check)
    guard !generation.dryRun else { return plan }
    try Files.makeFolder(output)
    try Files.makeFolder(output + "/runs")
    return plan
  }
}

/// Compares two runs, as one sentence when they cannot be compared.
func compare(
  _ reference: Run, _ submission: Run, truth: GroundTruth, ties: TieAwareRun? = nil,
  options: ComparisonOptions
) throws -> Comparison {
  do {
    return try Comparison(
      reference: reference, submission: submission, truth: truth, ties: ties, options: options)
  } catch {
    throw AssayError("\(error)")
  }
}
