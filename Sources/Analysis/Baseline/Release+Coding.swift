extension Release {
  /// The version of the form of baseline files. A change of meaning raises it, and `init(parsing:label:)`
  /// then also reads what was before; new optional fields do not.
  static let schema = "assay.baseline/1"

  /// The file: sorted, a line for each prompt, so that a change of one prompt is a change of one line.
  package var fileText: String { json.indentedText(levels: 4) + "\n" }

  package var json: JSON {
    .members([
      "schema": .string(Self.schema),
      "suite": .string(suite),
      "release": blessing.map { .string($0.name) },
      "sequence": blessing.map { .integer($0.sequence) },
      "date": blessing.map { .string($0.date) },
      "note": blessing?.note.map(JSON.string),
      "gate": .string(gate.rawValue),
      "judged": .strings(judged.map(\.name)),
      "signatures": .object(
        Dictionary(signatures.map { ($0.key.name, .string($0.value)) }, uniquingKeysWith: { first, _ in first })),
      "reference": .members([
        "name": .string(reference.name), "provenance": reference.provenance.map { .object($0.members) },
      ]),
      "submissions": .array(submissions.map(\.json)),
    ])
  }

  /// Reads a baseline file, or the `release.json` of a run.
  ///
  /// - Throws: ``RecordError`` naming `label` and what is wrong with it.
  package init(parsing bytes: [UInt8], label: String) throws(RecordError) {
    let root = try BaselineFields(try JSON(parsing: bytes, label: label), file: label, of: "a baseline")
    guard let schema = try root.fields.string("schema"), schema == Self.schema else {
      throw .unsupportedVersion(
        file: label, found: root.fields["schema"]?.plainText ?? "nothing", supported: Self.schema)
    }
    let gateName = try root.string("gate")
    guard let gate = Gate(rawValue: gateName) else {
      throw root.fields.wrongType(
        "gate", Gate.allCases.map(\.rawValue).joined(separator: " or "), found: "'\(gateName)'")
    }
    let reference = try root.object("reference")
    var signatures: [TrackedMetric: String] = [:]
    let signatureFields = try root.object("signatures").fields
    for name in signatureFields.values.keys { signatures[TrackedMetric(name)] = try signatureFields.string(name) }
    self.init(
      suite: try root.string("suite"), blessing: try Self.blessing(root), gate: gate,
      reference: Reference(name: try reference.string("name"), provenance: try reference.provenance()),
      judged: try root.fields.strings("judged").map { TrackedMetric($0) }, signatures: signatures,
      submissions: try root.objects("submissions").map { (fields) throws(RecordError) in try Submission(fields) })
    if submissions.isEmpty { throw .empty(file: label, records: "submissions") }
  }

  private static func blessing(_ root: BaselineFields) throws(RecordError) -> Blessing? {
    guard let name = try root.fields.string("release") else { return nil }
    guard let sequence = try root.fields.positiveInteger("sequence") else {
      throw root.fields.missing("'sequence'", "give the release its place in the history, from 1")
    }
    return Blessing(
      name: name, sequence: sequence, date: try root.string("date"), note: try root.fields.string("note"))
  }
}

extension Release.Submission {
  fileprivate var json: JSON {
    .members([
      "name": .string(name),
      "provenance": provenance.map { .object($0.members) },
      "verdict": verdict.map { .string($0.rawValue) },
      "tokens_per_second": speed.map { .number($0.tokensPerSecond) },
      "peak_mib": speed.map { .number($0.peakMebibytes) },
      "prompts": .array(
        scores.map { score in
          .members([
            "id": .string(score.id), "category": score.category.map(JSON.string), "text": .string(score.digest),
            "divergence": score.divergence.map(JSON.integer),
            "scores": .object(
              Dictionary(
                score.values.map { ($0.key.name, .number($0.value)) }, uniquingKeysWith: { first, _ in first })),
          ])
        }),
    ])
  }

  fileprivate init(_ fields: BaselineFields) throws(RecordError) {
    let verdict = try fields.fields.string("verdict")
    var speed: Release.Speed?
    if let tokens = try fields.number("tokens_per_second"), let memory = try fields.number("peak_mib") {
      speed = Release.Speed(tokensPerSecond: tokens, peakMebibytes: memory)
    }
    var seen: Set<String> = []
    let scores = try fields.objects("prompts").map { (prompt) throws(RecordError) -> Release.Score in
      let id = try prompt.string("id")
      guard seen.insert(id).inserted else {
        throw prompt.fields.wrongType("id", "an id of its own", found: "'\(id.excerpt(40))' again")
      }
      let numbers = try prompt.object("scores")
      var values: [TrackedMetric: Double] = [:]
      for name in numbers.fields.values.keys { values[TrackedMetric(name)] = try numbers.number(name) }
      return Release.Score(
        id: id, category: try prompt.fields.string("category"), digest: try prompt.string("text"),
        divergence: try prompt.number("divergence").flatMap { Int(exactly: $0) }, values: values)
    }
    self.init(
      name: try fields.string("name"), provenance: try fields.provenance(),
      verdict: verdict.flatMap(Category.init(rawValue:)), scores: scores, speed: speed)
  }
}

/// One object of a baseline file. Its parts do not know their lines, so errors name the first.
private struct BaselineFields {
  let fields: RecordFields

  init(_ value: JSON?, file: String, of name: String) throws(RecordError) {
    guard case .object(let members) = value else {
      throw .wrongType(file: file, line: 1, field: name, expected: "an object", found: value?.kind ?? "not there")
    }
    fields = RecordFields(file: file, line: 1, values: members)
  }

  func string(_ field: String) throws(RecordError) -> String {
    guard let text = try fields.string(field) else {
      throw fields.missing("'\(field)'", "write baselines with 'assay baseline save'")
    }
    return text
  }

  func number(_ field: String) throws(RecordError) -> Double? {
    guard let value = fields[field] else { return nil }
    guard let number = value.double else { throw fields.wrongType(field, "a number", value) }
    return number
  }

  func object(_ field: String) throws(RecordError) -> BaselineFields {
    try BaselineFields(fields[field], file: fields.file, of: field)
  }

  func objects(_ field: String) throws(RecordError) -> [BaselineFields] {
    guard case .array(let elements) = fields[field] else { throw fields.missing("the list '\(field)'", "restore it") }
    return try elements.map { (element) throws(RecordError) in
      try BaselineFields(element, file: fields.file, of: field)
    }
  }

  /// Written as in run files, but without their format, which the baseline's schema stands for.
  func provenance() throws(RecordError) -> Provenance? {
    guard fields["provenance"] != nil else { return nil }
    let members = try object("provenance").fields.values.merging(["assay": .string(Provenance.format)]) { $1 }
    return try Provenance(RecordFields(file: fields.file, line: 1, values: members))
  }
}
