import Analysis

/// Writes a report's files and says on stdout what matters.
struct ReportWriter {
  let report: OutputOptions

  /// - Parameters:
  ///   - speeds: what the runs cost, when they were made just now.
  ///   - folder: where the files go; `nil` for none.
  /// - Throws: ``AssayError``
  func write(_ result: Report, speeds: [String: Release.Speed] = [:], folder: String?) throws {
    var files: [(path: String, text: String)] = []
    if let folder {
      files = [
        ("report.md", result.markdown), ("report.html", result.html), ("summary.csv", result.summaryCSV),
        ("prompts.csv", result.promptsCSV), ("report.json", result.jsonText), ("junit.xml", result.junitXML),
      ].map { ("\(folder)/\($0)", $1) }
      if result.policy != nil { files.append(("\(folder)/comment.md", result.comment)) }
      // For 'assay baseline save'; what was measured is kept apart, because no two runs measure the same.
      let record = [("\(folder)/release.json", Release(result).fileText)]
      try Files.write(files + record + SpeedRecord.file(speeds, folder: folder))
    }
    if report.json {
      try Terminal.result(result.jsonText, terminator: "")
    } else {
      try Terminal.result(
        result.terminalText(width: Terminal.columns() ?? 180, colours: Terminal.showsColours), terminator: "")
      if !files.isEmpty { try Terminal.result("\nReports: " + files.map(\.path).joined(separator: ", ")) }
    }
  }

  /// - Throws: ``AssayError`` when an engine cannot be trusted; the exit code of the worst judgement when it is not met.
  static func check(_ results: [Report]) throws {
    if results.contains(where: { $0.control?.isExact == false }) {
      // Whatever the verdicts say, an engine that differs from itself must not pass a gate.
      throw AssayError("the A/A control failed, so no verdict can be trusted; 'assay doctor' checks this machine")
    }
    let outcomes = results.map(\.outcome)
    if outcomes.contains(.notMet) { throw ExitStatus.belowCategory.code }
    if outcomes.contains(.inconclusive) { throw ExitStatus.inconclusive.code }
  }
}
