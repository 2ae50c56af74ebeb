import Analysis
import ArgumentParser

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Scores and judges outputs made by anything: Assay's runs, JSON Lines or CSV with 'id' and 'text'.",
    discussion: """
      Examples:
        assay compare fp32.jsonl int8.jsonl
        assay compare fp32.jsonl int8.jsonl int4.jsonl --targets prompts.jsonl --output reports/today
        assay compare fp32.jsonl int8.jsonl --require 99 --confidence        exit 3 when more prompts are needed
        assay compare fp32.jsonl int8.jsonl --suite demo --baseline newest   exit 2 when worse than the blessed release
      """)

  @Argument(help: ArgumentHelp("Outputs of the reference.", valueName: "reference"))
  var reference: String

  @Argument(help: ArgumentHelp("Outputs of each submission.", valueName: "submission"))
  var submissions: [String]

  @Option(help: ArgumentHelp("Ground truth: JSON Lines or CSV with 'id' and 'target'.", valueName: "path"))
  var targets: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Folder for the reports; without it, only the table.", valueName: "dir"))
  var output: String?

  @Option(help: ArgumentHelp("The suite whose baselines are meant.", valueName: "name"))
  var suite: String?

  @OptionGroup var verdict: VerdictOptions
  @OptionGroup var release: ReleaseOptions
  @OptionGroup var report: OutputOptions

  func run() throws {
    let policy = try release.policy.map { try PolicyFile.read($0, needsConfidence: verdict.confidence) }
    let options = try verdict.options(suiteGate: policy?.gate?.rawValue)
    let check = try release.check(
      suite: suite, suiteBaseline: nil, policy: policy, needsConfidence: verdict.confidence)
    let requirement = try verdict.requirement()
    if let output { try Files.makeFolder(output) }
    let truth = try targets.map { try GroundTruth(parsing: Files.read($0), label: $0) } ?? .none
    let referenceRun = try load(reference)
    let comparisons = try submissions.map { path in
      try compare(referenceRun, load(path), truth: truth, options: options)
    }
    let plain = Report(title: suite ?? "assay compare", comparisons: comparisons, requirement: requirement)
    let result = try check?.judge(plain, speeds: [:]) ?? plain
    try ReportWriter(report: report).write(result, folder: output)
    try ReportWriter.check([result])
  }

  private func load(_ path: String) throws -> Run { try Run(parsing: Files.read(path), label: path) }
}
