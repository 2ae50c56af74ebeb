extension Provenance {
  /// The value of the key `assay` in a header: format and version.
  static let format = "run/1"

  /// The first line of a run file, without the line feed.
  package var line: String {
    JSON.object(members.merging(["assay": .string(Self.format)]) { own, _ in own }).text
  }

  /// The fields under the names that run files and reports use.
  var members: [String: JSON] {
    let members: [String: JSON?] = [
      "tool": .string(tool),
      "model": .string(model.name),
      "model_digest": model.digest.map { .string($0.description) },
      "prompts": .string(prompts.name),
      "prompts_digest": prompts.digest.map { .string($0.description) },
      "template": template.map { .string($0.name) },
      "template_digest": template?.digest.map { .string($0.description) },
      "scheme": .string(scheme),
      "calibration": calibration.map { .string($0.name) },
      "calibration_digest": calibration?.digest.map { .string($0.description) },
      "max_tokens": .integer(settings.maximumTokenCount),
      "raw": .bool(settings.isRaw),
      "seed": settings.seed.map { .string(String($0)) },
      "core": execution.core.map(JSON.string),
      "tile": execution.tile.map(JSON.integer),
      "planned_prompts": earlyStop.map { .integer($0.plannedCount) },
      "order_seed": earlyStop.map { .string(String($0.seed)) },
    ]
    return members.compactMapValues { $0 }
  }

  /// Reads the header of a run file. Fields of later versions are ignored.
  init(_ fields: RecordFields) throws(RecordError) {
    guard let format = try fields.string("assay"), format == Self.format else {
      let found = fields["assay"]?.text ?? "nothing"
      throw .unsupportedVersion(file: fields.file, found: found, supported: Self.format)
    }
    let template = try fields.string("template")
    let calibration = try fields.string("calibration")
    self.init(
      model: Source(name: try fields.required("model"), digest: try fields.digest("model_digest")),
      prompts: Source(name: try fields.required("prompts"), digest: try fields.digest("prompts_digest")),
      template: try template.map { (name) throws(RecordError) in
        Source(name: name, digest: try fields.digest("template_digest"))
      },
      scheme: try fields.required("scheme"),
      calibration: try calibration.map { (name) throws(RecordError) in
        Source(name: name, digest: try fields.digest("calibration_digest"))
      },
      settings: Settings(
        maximumTokenCount: try fields.required(positiveInteger: "max_tokens"), isRaw: try fields.flag("raw"),
        seed: try fields.seed("seed")),
      execution: Execution(
        core: try fields.string("core"), tile: try fields.positiveInteger("tile")),
      tool: try fields.required("tool"), earlyStop: try fields.earlyStop())
  }
}

extension RecordFields {
  private static let headerHint = "the header of a run names where it comes from; leave the whole line out if unknown"

  fileprivate func required(_ field: String) throws(RecordError) -> String {
    guard let text = try string(field) else { throw missing("'\(field)'", Self.headerHint) }
    return text
  }

  fileprivate func required(positiveInteger field: String) throws(RecordError) -> Int {
    guard let number = try positiveInteger(field) else { throw missing("'\(field)'", Self.headerHint) }
    return number
  }

  fileprivate func digest(_ field: String) throws(RecordError) -> Digest? {
    guard let text = try string(field) else { return nil }
    guard let digest = Digest(hexadecimal: text) else {
      throw wrongType(field, "64 hexadecimal digits", found: "\(text.count) other characters")
    }
    return digest
  }

  fileprivate func flag(_ field: String) throws(RecordError) -> Bool {
    guard let value = self[field] else { return false }
    guard case .bool(let flag) = value else { throw wrongType(field, "true or false", value) }
    return flag
  }

  fileprivate func earlyStop() throws(RecordError) -> EarlyStop? {
    guard let count = try positiveInteger("planned_prompts") else { return nil }
    return EarlyStop(plannedCount: count, seed: try seed("order_seed") ?? 0)
  }

  /// Seeds use all 64 bits, so they are written as strings: many JSON readers keep only 53.
  fileprivate func seed(_ field: String) throws(RecordError) -> UInt64? {
    guard let text = try identifier(field) else { return nil }
    guard let seed = UInt64(text) else { throw wrongType(field, "a whole number of 64 bits", found: "other text") }
    return seed
  }
}
