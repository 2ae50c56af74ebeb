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

  @OptionGroup var verdict: VerdictOptions
  @OptionGroup var report: OutputOptions

  func run() throws {
    let options = try verdict.options()
    let requirement = try verdict.requirement()
    if let output { try Files.makeFolder(output) }
    let truth = try targets.map { try GroundTruth(parsing: Files.read($0), label: $0) } ?? .none
    let referenceRun = try load(reference)
    let comparisons = try submissions.map { path in
      try compare(referenceRun, load(path), truth: truth, options: options)
    }
    let result = Report(title: "assay compare", comparisons: comparisons, requirement: requirement)
    try ReportWriter(report: report).write(result, folder: output)
    try ReportWriter.check([result])
  }

  private func load(_ path: String) throws -> Run { try Run(parsing: Files.read(path), label: path) }
}
