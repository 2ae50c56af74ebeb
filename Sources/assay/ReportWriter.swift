import Analysis

/// Writes a report's files and says on stdout what matters.
struct ReportWriter {
  let report: OutputOptions
  let title: String
  /// What to hold the result against, beside the required category.
  var check: ReleaseCheck?
  /// What the runs cost, when they were made just now.
  var speeds: [String: Release.Speed] = [:]

  /// - Throws: ``AssayError``; the exit code of the judgement when it is not met.
  func write(
    _ comparisons: [Comparison], control: AAControl?, logits: LogitEvidence? = nil,
    prompts: PromptSet? = nil, requirement: Judgement.Requirement,
    folder: String?
  ) throws {
    let plain = Report(
      title: title, comparisons: comparisons, requirement: requirement, control: control,
      logits: logits, prompts: prompts)
    let result = try check?.judge(plain, speeds: speeds) ?? plain
    var files: [(path: String, text: String)] = []
    if let folder {
      files = [
        ("report.md", result.markdown), ("summary.csv", result.summaryCSV), ("prompts.csv", result.promptsCSV),
        ("report.json", result.jsonText), ("junit.xml", result.junitXML),
      ].map { ("\(folder)/\($0)", $1) }
      if check != nil { files.append(("\(folder)/comment.md", result.comment)) }
      // For 'assay baseline save'; what was measured is kept apart, because no two runs measure the same.
      let record = [("\(folder)/release.json", Release(result).fileText)]
      try Files.write(files + record + SpeedRecord.file(speeds, folder: folder))
    }
    if report.json {
      try Terminal.result(result.jsonText, terminator: "")
    } else {
      try Terminal.result(result.terminalText(width: Terminal.columns() ?? 180), terminator: "")
      if !files.isEmpty { try Terminal.result("\nReports: " + files.map(\.path).joined(separator: ", ")) }
    }
    if let control, !control.isExact {
      // Whatever the verdicts say, an engine that differs from itself must not pass a gate.
      throw AssayError("the A/A control failed, so no verdict can be trusted; 'assay doctor' checks this machine")
    }
    switch result.outcome {
    case .met: break
    case .notMet: throw ExitStatus.belowCategory.code
    case .inconclusive: throw ExitStatus.inconclusive.code
    }
  }
}
