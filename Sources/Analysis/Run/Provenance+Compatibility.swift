/// One field in which two runs differ.
package struct ProvenanceDifference: Hashable, Sendable {
  /// The field as run files name it.
  package let field: String
  package let reference: String
  package let submission: String
  /// False when outputs that differ in this field must not be compared.
  package let isAcceptable: Bool

  /// `nil` when the values agree or one of them is not known.
  fileprivate init?(_ field: String, _ reference: String?, _ submission: String?, isAcceptable: Bool) {
    guard let reference, let submission, reference != submission else { return nil }
    self.field = field
    self.reference = reference.excerpt(80)
    self.submission = submission.excerpt(80)
    self.isAcceptable = isAcceptable
  }

  /// Sources are told apart by content where both digests are known, otherwise by name.
  fileprivate init?(
    _ field: String, _ reference: Provenance.Source?, _ submission: Provenance.Source?, isAcceptable: Bool
  ) {
    guard let reference, let submission else { return nil }
    if let left = reference.digest, let right = submission.digest {
      guard left != right else { return nil }
      self.init(
        field, "\(reference.name) (\(left.short))", "\(submission.name) (\(right.short))", isAcceptable: isAcceptable)
    } else {
      self.init(field, reference.name, submission.name, isAcceptable: isAcceptable)
    }
  }
}

extension Provenance {
  /// Where a submission departs from this reference, apart from the scheme.
  ///
  /// Different prompts, limits or seeds make a comparison meaningless, and so does another template for the same model. A
  /// different model file, with the template that belongs to it, is what is being compared; another kernel, tile or tool may change the last bits of every number.
  package func differences(in submission: Provenance) -> [ProvenanceDifference] {
    let (mine, its) = (settings, submission.settings)
    let differences = [
      ProvenanceDifference("prompts", prompts, submission.prompts, isAcceptable: false),
      ProvenanceDifference(
        "template", template, submission.template, isAcceptable: model.digest != submission.model.digest),
      ProvenanceDifference(
        "max_tokens", String(mine.maximumTokenCount), String(its.maximumTokenCount), isAcceptable: false),
      ProvenanceDifference("raw", String(mine.isRaw), String(its.isRaw), isAcceptable: false),
      ProvenanceDifference("seed", mine.seedName, its.seedName, isAcceptable: false),
      ProvenanceDifference("model", model, submission.model, isAcceptable: true),
      ProvenanceDifference("calibration", calibration, submission.calibration, isAcceptable: true),
      ProvenanceDifference("core", execution.core, submission.execution.core, isAcceptable: true),
      ProvenanceDifference(
        "tile", execution.tile.map { String($0) }, submission.execution.tile.map { String($0) }, isAcceptable: true),
      ProvenanceDifference("tool", tool, submission.tool, isAcceptable: true),
    ]
    return differences.compactMap { $0 }
  }
}

extension Provenance.Settings {
  fileprivate var seedName: String { seed.map { String($0) } ?? "none" }
}
