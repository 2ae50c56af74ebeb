internal import Metrics
internal import Statistics

extension Report {
  /// The version of the form of `report.json`.
  static let schema = "assay.report/1"

  /// `report.json`.
  package var jsonText: String { json.indentedText + "\n" }

  package var json: JSON {
    .members([
      "schema": .string(Self.schema),
      "title": .string(title),
      "reference": json(of: reference),
      "submissions": .array(
        comparisons.indices.map { index in
          .members(
            members(of: comparisons[index], outcome: judgement.outcomes[index])
              .merging(logitMembers(index)) { $1 })
        }),
      "judgement": .members([
        "required": judgement.requirement.category.map { .string($0.rawValue) } ?? .null,
        "needs_confidence": .bool(judgement.requirement.needsConfidence),
        "outcome": .string(judgement.outcome.rawValue),
        "alpha": .number(Confidence.alpha),
        "correction": .members(["method": .string("holm"), "tests": .integer(comparisons.count)]),
      ]),
      "control": control.map(json) ?? .null,
      "noise_floor": noiseFloorJSON,
      "regressions": regressions?.json ?? [],
      "baseline": regressions.map { .string($0.baseline.name) } ?? .null,
      "policy": .array((policy?.findings ?? []).map(\.json)),
      "notes": .array(
        notes.map { .members(["text": .string($0.note.description), "submissions": .strings($0.submissions)]) }),
    ])
  }

  private func json(of run: Run) -> JSON {
    .members([
      "name": .string(run.name),
      "format": .string(run.format),
      "outputs": .integer(run.outputs.count),
      "provenance": run.provenance.map { .object($0.members) } ?? .null,
    ])
  }

  private func members(of comparison: Comparison, outcome: Judgement.Outcome) -> [String: JSON?] {
    let deciding = comparison.deciding
    return [
      "name": .string(comparison.submission.name),
      "category": .string(deciding.category?.rawValue ?? "undefined"),
      "confidence": .string(deciding.confidence.rawValue),
      "claim": deciding.claim.map { .string($0.name) } ?? .null,
      "p": deciding.adjustedP.map { .number($0) } ?? .null,
      "prompts_needed": deciding.promptsNeeded.map { .integer($0) } ?? .null,
      "outcome": .string(outcome.rawValue),
      "gate": .string(deciding.gate.rawValue),
      "metrics": .array(deciding.metrics.map(json)),
      "gates": .array(
        comparison.gates.map { gate in
          .members([
            "gate": .string(gate.gate.rawValue),
            "category": .string(gate.category?.rawValue ?? "undefined"),
            "confidence": .string(gate.confidence.rawValue),
            "claim": gate.claim.map { .string($0.name) } ?? .null,
            "p": gate.adjustedP.map { .number($0) } ?? .null,
            "p_uncorrected": gate.p.map { .number($0) } ?? .null,
            "prompts_needed": gate.promptsNeeded.map { .integer($0) } ?? .null,
            "prompts": .integer(gate.promptCount),
            "metrics": .array(gate.metrics.map(json)),
          ])
        }),
      "prompts": .integer(comparison.prompts.count),
      "early_stop": comparison.savingJSON,
      "flips": .array(comparison.flips.map { Self.json(of: $0) }),
      "exact_matches": .integer(comparison.exactMatchCount),
      "exact_match_rate": json(of: comparison.exactMatchRate),
      "worst_prompts": .strings(comparison.worstPrompts(Self.worstPromptCount).map(\.id)),
      "provenance": comparison.submission.provenance.map { .object($0.members) } ?? .null,
      "format": .string(comparison.submission.format),
    ]
  }

  private func json(of rate: Estimate) -> JSON {
    .members(["value": .number(rate.value), "interval": rate.interval.map { $0.json } ?? .null])
  }

  private func json(of metric: MetricResult) -> JSON {
    .members([
      "name": .string(metric.metric.name),
      "signature": .string(metric.signature.description),
      "gating": .bool(metric.isGating),
      "reference": .number(metric.reference),
      "score": .number(metric.score),
      "ratio": metric.ratio.map { .number($0.value) } ?? .null,
      "interval": metric.ratio?.interval.map { $0.json } ?? .null,
      "category": .string(metric.category?.rawValue ?? "undefined"),
      "confidence": .string(metric.confidence.rawValue),
      "p": metric.p.map { .number($0) } ?? .null,
      "statistics": metric.statistics.map { $0.json } ?? .null,
    ])
  }

  private func json(of control: AAControl) -> JSON {
    .members([
      "exact": .bool(control.isExact),
      "prompts": .integer(control.promptCount),
      "token_differences": .integer(control.tokenDifferences),
      "logprob_differences": control.logProbabilityDifferences.map(JSON.integer) ?? .null,
      "maximum_logprob_difference": .number(control.maximumLogProbabilityDifference),
    ])
  }
}
