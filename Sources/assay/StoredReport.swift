import Analysis

/// A report's folder: `runs` in it holds all that the reports in it are made from.
struct StoredReport {
  private let folder: String

  init(_ folder: String) { self.folder = folder + "/runs" }

  /// Writes what is not on disk yet: the prompts, the answers led back at near-ties, and how it all was judged.
  func save(
    _ plan: Plan, control: AAControl?, logits: LogitEvidence?, ties: [TieAwareRun]?
  ) throws {
    // Prompts keep their form, JSON Lines or CSV, which is known by content.
    let prompts = (path: "\(folder)/prompts", text: String(decoding: plan.promptBytes, as: UTF8.self))
    var files = [prompts]
    let submissions = plan.submissions.enumerated().map { index, scheme in
      let file = Files.name(plan.runPath(scheme))
      let tied = ties.map { ties in
        let name = file.dropLast(".jsonl".count) + ".led-back.jsonl"
        files.append(("\(folder)/\(name)", ties[index].run.text))
        return ReportRecord.Ties(
          file: String(name), ledBack: ties[index].ledBack, threshold: ties[index].threshold)
      }
      return ReportRecord.Submission(file: file, ties: tied)
    }
    let record = ReportRecord(
      title: plan.name, promptFile: "prompts", referenceFile: Files.name(plan.runPath(plan.reference)),
      submissions: submissions, options: plan.options, requirement: plan.requirement, control: control, logits: logits)
    try Files.write(files + [(recordPath, record.text)])
  }

  private var recordPath: String { "\(folder)/record.json" }

  /// The report as it was, from files alone.
  /// - Throws: ``AssayError``
  func load() throws -> Report {
    guard Files.exists(recordPath) else {
      throw AssayError(
        "\(recordPath): no such file; expected the folder that 'assay run --output' wrote (runs alone can be compared "
          + "with 'assay compare')")
    }
    let record = try ReportRecord(parsing: Files.read(recordPath), label: recordPath)
    let path = "\(folder)/\(record.promptFile)"
    let prompts = try PromptSet(parsing: Files.read(path), label: path)
    let reference = try run(record.referenceFile)
    let comparisons = try record.submissions.map { submission in
      let ties = try submission.ties.map { ties in
        TieAwareRun(run: try run(ties.file), ledBack: ties.ledBack, threshold: ties.threshold)
      }
      return try compare(
        reference, run(submission.file), truth: GroundTruth(prompts), ties: ties, options: record.options)
    }
    return Report(
      title: record.title, comparisons: comparisons, requirement: record.requirement, control: record.control,
      logits: record.logits, prompts: prompts)
  }

  private func run(_ file: String) throws -> Run {
    let path = "\(folder)/\(file)"
    return try Run(parsing: Files.read(path), label: path)
  }
}
