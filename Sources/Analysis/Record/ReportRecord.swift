internal import Metrics

/// What a report needs besides runs and prompts: how they were judged, and what was measured on the models.
///
/// `assay run` writes it beside the runs, so that reports can be written again without inference.
package struct ReportRecord: Hashable, Sendable {
  /// A submission's run among the files beside the record.
  package struct Submission: Hashable, Sendable {
    package let file: String
    /// Its answers when it is led back at near-ties, and at how many steps it was.
    package let ties: Ties?

    package init(file: String, ties: Ties?) {
      self.file = file
      self.ties = ties
    }
  }

  package struct Ties: Hashable, Sendable {
    package let file: String
    package let ledBack: Int
    package let threshold: Double

    package init(file: String, ledBack: Int, threshold: Double) {
      self.file = file
      self.ledBack = ledBack
      self.threshold = threshold
    }
  }

  package let title: String
  package let promptFile: String
  package let referenceFile: String
  package let submissions: [Submission]
  package let gate: Gate
  package let gateMetrics: [String]
  package let stemming: Bool
  package let requirement: Judgement.Requirement
  package let control: AAControl?
  package let logits: LogitEvidence?

  private static let schema = "assay.record/1"

  package init(
    title: String, promptFile: String, referenceFile: String, submissions: [Submission], options: ComparisonOptions,
    requirement: Judgement.Requirement, control: AAControl?, logits: LogitEvidence?
  ) {
    self.title = title
    self.promptFile = promptFile
    self.referenceFile = referenceFile
    self.submissions = submissions
    gate = options.gate
    gateMetrics = options.gateMetrics.map(\.name)
    stemming = options.stemming
    self.requirement = requirement
    self.control = control
    self.logits = logits
  }

  package var options: ComparisonOptions {
    ComparisonOptions(gateMetrics: gateMetrics.compactMap(ROUGEVariant.init(name:)), stemming: stemming, gate: gate)
  }

  package var text: String {
    JSON.members([
      "schema": .string(Self.schema), "title": .string(title), "prompts": .string(promptFile),
      "reference": .string(referenceFile),
      "submissions": .array(
        submissions.map { submission in
          .members([
            "file": .string(submission.file),
            "ties": submission.ties.map {
              .object(["file": .string($0.file), "led_back": .integer($0.ledBack), "threshold": .number($0.threshold)])
            },
          ])
        }),
      "gate": .string(gate.rawValue), "metrics": .strings(gateMetrics), "stemming": .bool(stemming),
      "required": requirement.category.map { .string($0.rawValue) },
      "needs_confidence": .bool(requirement.needsConfidence),
      "control": control.map {
        .members([
          "prompts": .integer($0.promptCount), "tokens": .integer($0.tokenDifferences),
          "logprobs": $0.logProbabilityDifferences.map(JSON.integer),
          "maximum": .number($0.maximumLogProbabilityDifference),
        ])
      },
      "logits": logits.map(\.record),
    ]).text + "\n"
  }

  /// - Throws: ``RecordError`` naming `label` when this is not what ``text`` is.
  package init(parsing bytes: [UInt8], label: String) throws(RecordError) {
    let json: JSON
    do {
      var reader = JSONReader(bytes)
      json = try reader.value()
      try reader.finish()
    } catch {
      throw RecordError(error, file: label, line: 1)
    }
    let schema = json["schema"]?.string ?? "unknown"
    guard schema == Self.schema else {
      throw .unsupportedVersion(file: label, found: schema, supported: Self.schema)
    }
    guard let record = Self(json) else {
      throw .unknownFormat(
        file: label, expected: "what 'assay run' writes",
        found: "other or damaged members; run it again with --resume, which keeps the runs")
    }
    self = record
  }

  private init?(_ json: JSON) {
    guard let title = json["title"]?.string, let promptFile = json["prompts"]?.fileName,
      let referenceFile = json["reference"]?.fileName,
      let submissions = json["submissions"]?.list(Submission.init), !submissions.isEmpty,
      let gate = json["gate"]?.string.flatMap(Gate.init), let stemming = json["stemming"]?.bool,
      let metrics = json["metrics"]?.list({ $0.string.flatMap(ROUGEVariant.init(name:))?.name }), !metrics.isEmpty,
      let needsConfidence = json["needs_confidence"]?.bool
    else { return nil }
    let category = json["required"]?.string.flatMap(Category.init)
    let control = json["control"].flatMap(AAControl.init)
    let logits = json["logits"].flatMap(LogitEvidence.init(record:))
    // What is there must be read; and there is a trace for every submission.
    guard (json["required"] == nil) == (category == nil), (json["control"] == nil) == (control == nil),
      (json["logits"] == nil) == (logits == nil), logits.map({ $0.traces.count == submissions.count }) ?? true
    else { return nil }
    self.title = title
    self.promptFile = promptFile
    self.referenceFile = referenceFile
    self.submissions = submissions
    self.gate = gate
    gateMetrics = metrics
    self.stemming = stemming
    requirement = Judgement.Requirement(category: category, needsConfidence: needsConfidence)
    self.control = control
    self.logits = logits
  }
}

extension ReportRecord.Submission {
  fileprivate init?(_ json: JSON) {
    guard let file = json["file"]?.fileName else { return nil }
    guard let ties = json["ties"] else {
      self.init(file: file, ties: nil)
      return
    }
    guard let tieFile = ties["file"]?.fileName, let ledBack = ties["led_back"]?.int,
      let threshold = ties["threshold"]?.double
    else { return nil }
    self.init(file: file, ties: .init(file: tieFile, ledBack: ledBack, threshold: threshold))
  }
}

extension AAControl {
  fileprivate init?(_ json: JSON) {
    guard let prompts = json["prompts"]?.int, let tokens = json["tokens"]?.int, let maximum = json["maximum"]?.double
    else { return nil }
    self.init(
      promptCount: prompts, tokenDifferences: tokens, logProbabilityDifferences: json["logprobs"]?.int,
      maximumLogProbabilityDifference: maximum)
  }
}

extension JSON {
  /// The name of a file beside the record, and of none elsewhere.
  fileprivate var fileName: String? {
    string.flatMap { $0.isEmpty || $0 == ".." || $0 == "." || $0.contains("/") ? nil : $0 }
  }
}
