import Analysis
import ArgumentParser

struct TrendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "All blessed releases of a suite: levels, steps and the prompts behind them, and what to expect next.",
    discussion: """
      Examples:
        assay trend
        assay trend --suite demo --metrics rougeL,kl --output reports/trend     with an SVG chart for each
        assay trend --bisect 1.0..1.4 -- ./check.sh                             the first bad release; $ASSAY_RELEASE
        assay trend --bisect v1.0..main -- make check                           the first bad commit, each in a checkout

      A bisected command says good with exit code 0 and bad with 1 to 124; 3 and 125 skip. A range of names that are both
      blessed is searched over releases, with their names in ASSAY_RELEASE and files in ASSAY_BASELINE; any other range
      over git commits.
      """)

  @Option(help: ArgumentHelp("Folder of the blessed releases.", valueName: "dir"))
  var baselines = BaselineStore.defaultFolder

  @Option(help: ArgumentHelp("The suite, where the folder has several.", valueName: "name"))
  var suite: String?

  @Option(help: ArgumentHelp("Metrics to follow (default: those that are judged).", valueName: "names"))
  var metrics: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Folder for trend.json and a chart for each metric.", valueName: "dir"))
  var output: String?

  @Flag(help: "Print the trends as JSON.")
  var json = false

  @Option(help: ArgumentHelp("Search for the first bad one of these releases or commits.", valueName: "good..bad"))
  var bisect: String?

  @Argument(parsing: .postTerminator, help: ArgumentHelp("What judges each of them.", valueName: "command"))
  var command: [String] = []

  func run() throws {
    if let bisect {
      guard !command.isEmpty else { throw ValidationError("--bisect needs a command after '--'") }
      return try BisectJob(range: bisect, command: command, baselines: baselines, suite: suite).run()
    }
    guard command.isEmpty else { throw ValidationError("a command is only for --bisect A..B") }
    let store = try BaselineStore(folder: baselines, suite: suite)
    let releases = try store.all()
    let names = metrics.map { $0.split(separator: ",").map { TrackedMetric(String($0)) } }
    let trends = Trend.all(releases, metrics: names)
    guard !trends.isEmpty else {
      throw AssayError(
        "\(store.folder)/\(store.suite): no metric is in two releases; a trend needs two blessed releases of a submission"
      )
    }
    let text = JSON.members(["suite": .string(store.suite), "trends": .array(trends.map(\.json))]).indentedText + "\n"
    var files: [(path: String, text: String)] = []
    if let output {
      try Files.makeFolder(output)
      let charts = trends.map { trend in
        let name = "\(trend.submission)-\(trend.metric.name)"
          .map { $0.isASCII && ($0.isLetter || $0.isNumber || "._=+-".contains($0)) ? String($0) : "-" }.joined()
        return (path: "\(output)/\(name).svg", text: trend.svg)
      }
      files = [("\(output)/trend.json", text)] + charts
      try Files.write(files)
    }
    let shown = trends.map { $0.text(width: Terminal.columns() ?? 180) }.joined(separator: "\n")
    try Terminal.result(json ? text : shown, terminator: "")
    if !json, !files.isEmpty { try Terminal.result("\nCharts: " + files.map(\.path).joined(separator: ", ")) }
  }
}
