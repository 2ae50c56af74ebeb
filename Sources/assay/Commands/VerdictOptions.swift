import Analysis
import ArgumentParser
import Metrics

/// Flags of every command that judges submissions.
struct VerdictOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Required category: 99.9, 99 or none (default none: report only).", valueName: "category"))
  var require: String?

  @Option(
    help: ArgumentHelp(
      "What decides: 'reference' (texts against the reference's texts), 'reference-ties' (the same, near-ties forgiven) "
        + "or 'targets' (both against ground truth).",
      valueName: "gate"))
  var gate: String?

  @Option(
    help: ArgumentHelp(
      "Metrics that must all reach the category (default rouge1,rouge2,rougeL).", valueName: "names"))
  var metrics: String?

  @Flag(
    help:
      "Require the category to be confirmed at 95 %, not only reached by the point estimate (exit 3 when it is open).")
  var confidence = false

  @Flag(inversion: .prefixedNo, help: "Compare words by their Porter stem, as MLPerf does.")
  var stemmer = true

  /// - Parameters: what a suite says, for flags that were not given.
  func requirement(suite: String? = nil, suiteConfidence: Bool? = nil) throws -> Judgement.Requirement {
    let name = require ?? suite ?? "none"
    guard let requirement = Judgement.Requirement(name: name, needsConfidence: confidence || suiteConfidence == true)
    else {
      throw ValidationError(
        "the required category is '\(name)', expected \(Judgement.Requirement.names.joined(separator: ", "))")
    }
    return requirement
  }

  func options(suiteGate: String? = nil) throws -> ComparisonOptions {
    let name = gate ?? suiteGate ?? Gate.reference.rawValue
    guard let gate = Gate(rawValue: name) else {
      throw ValidationError(
        "the gate is '\(name)', expected \(Gate.allCases.map(\.rawValue).joined(separator: " or "))")
    }
    guard let metrics else { return ComparisonOptions(stemming: stemmer, gate: gate) }
    let variants = try metrics.split(separator: ",").map { name in
      guard let variant = ROUGEVariant(name: String(name)) else {
        throw ValidationError("'\(name)' is not a metric, expected rouge1 to rouge9, rougeL or rougeLsum")
      }
      return variant
    }
    guard !variants.isEmpty else { throw ValidationError("--metrics is empty, expected names such as rougeL") }
    return ComparisonOptions(gateMetrics: variants, stemming: stemmer, gate: gate)
  }
}
