import Analysis
import ArgumentParser

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes the reports of runs again, from what they stored; no model is needed.",
    discussion: """
      Examples:
        assay report reports/today                         after an update of assay, or when files were lost
        assay report reports/monday reports/tuesday
        assay report reports/today --output copy           the runs stay where they are

      A RUN is a folder that 'assay run --output' wrote; its folder 'runs' holds all that is needed. The same version writes
      the same bytes again. Exit codes are those of the run: 2 below the required category, 3 inconclusive.
      """)

  @Argument(help: ArgumentHelp("Folders that 'assay run' wrote.", valueName: "run"))
  var runs: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Folder for the reports of one run (default: the run's).", valueName: "dir")
  )
  var output: String?

  @OptionGroup var report: OutputOptions

  func validate() throws {
    guard output == nil || runs.count == 1 else {
      throw ValidationError("--output takes the reports of one run; leave it out to write each beside its runs")
    }
  }

  func run() throws {
    let results = try runs.map { try StoredReport($0).load() }
    // All are written before the worst outcome becomes the exit code.
    let writer = ReportWriter(report: report)
    for (folder, result) in zip(runs, results) {
      let target = output ?? folder
      try Files.makeFolder(target)
      try writer.write(result, folder: target)
    }
    try ReportWriter.check(results)
  }
}
