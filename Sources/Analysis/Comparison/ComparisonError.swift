/// Why two runs were not compared.
package enum ComparisonError: Error, Hashable, Sendable {
  /// The runs were generated under conditions that make them incomparable.
  case incompatible(reference: String, submission: String, differences: [ProvenanceDifference])
  /// Prompts of the reference that the submission did not answer.
  case missingOutputs(submission: String, ids: [String], promptCount: Int)
  /// Outputs of the submission whose prompt is not in the reference.
  case unexpectedOutputs(submission: String, reference: String, ids: [String])
  /// The targets decide, but no prompt has one.
  case noTargets(reference: String)
  /// Near-ties decide, but no answers were made that are led back at them.
  case noTieAwareAnswers(submission: String)
  /// The prompts decide over no metric.
  case noGateMetrics
}

extension ComparisonError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .incompatible(let reference, let submission, let differences):
      let fields = differences.map {
        "\($0.field) is \(quoted($0.submission)) in \(quoted(submission)) but \(quoted($0.reference)) in \(quoted(reference))"
      }
      return "the runs cannot be compared: \(fields.joined(separator: "; ")); generate both with the same settings"
    case .missingOutputs(let submission, let ids, let promptCount):
      return "\(quoted(submission)) has no output for \(ids.count) of \(promptCount) prompts: \(list(ids)); "
        + "finish it with --resume"
    case .unexpectedOutputs(let submission, let reference, let ids):
      return "\(quoted(submission)) has outputs for \(ids.count) prompts that are not in \(quoted(reference)): "
        + "\(list(ids)); compare runs of the same prompts"
    case .noTargets(let reference):
      return "the gate is 'targets' but no prompt of \(quoted(reference)) has a target; "
        + "add 'target' to the prompts, give --targets FILE or use --gate reference"
    case .noTieAwareAnswers(let submission):
      return
        "the gate is 'reference-ties', but \(quoted(submission)) was not answered under the reference's lead, "
        + "which only 'assay run' does; use --gate reference or targets"
    case .noGateMetrics:
      return "no metric decides the category; name at least one, such as rougeL"
    }
  }

  private func list(_ ids: [String]) -> String {
    ids.prefix(5).map(quoted).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
  }

  /// Names come from files: they are shortened and stripped of control characters.
  private func quoted(_ name: String) -> String {
    "'\(name.excerpt(60))'"
  }
}
