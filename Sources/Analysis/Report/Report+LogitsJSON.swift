internal import Metrics
internal import Statistics

extension Report {
  /// The members that logits and divergences add to a submission.
  func logitMembers(_ index: Int) -> [String: JSON?] {
    let comparison = comparisons[index]
    let threshold = logits?.floor.marginChange
    let trace = logits?.traces[index]
    return [
      "logits": trace.map(json),
      "divergence": json(of: DivergenceSummary(comparison, threshold: threshold), trace, threshold),
    ]
  }

  var noiseFloorJSON: JSON {
    guard let floor = logits?.floor else { return .null }
    return .members([
      "format": .string(floor.format), "seed": .string("\(floor.seed)"),
      "margin_change": .number(floor.marginChange),
      "comparison": floor.summary.json,
    ])
  }

  private func json(of trace: LogitTrace) -> JSON {
    .members([
      "comparison": trace.summary?.json ?? .null,
      "non_finite": .integer(trace.nonFinite),
      "times_floor": trace.summary.flatMap { logits?.floor.multiple(of: $0.meanDivergence.value) }
        .map(JSON.number)
        ?? .null,
      "clustered_errors": trace.clustered.map {
        .members([
          "kld": .number($0.meanDivergence), "ln_ppl_ratio": .number($0.logRatio),
          "same_top": .number($0.sameTop),
          "clusters": .integer($0.texts),
        ])
      } ?? .null,
      "prompts": .array(
        trace.prompts.map { prompt in
          .members([
            "id": .string(prompt.id), "tokens": .integer(prompt.steps),
            "kld": prompt.meanDivergence.map(JSON.number) ?? .null,
            "disagreements": .array(
              prompt.disagreements.map {
                .members(["step": .integer($0.step), "margin": .number($0.margin)])
              }),
            "first": prompt.first.map(json),
          ])
        }),
    ])
  }

  private func json(of point: DivergencePoint) -> JSON {
    func list(_ candidates: [DivergencePoint.Candidate]) -> JSON {
      .array(
        candidates.map {
          .members([
            "token": .integer(Int($0.token)), "text": .string($0.text), "logit": .number($0.logit),
            "probability": .number($0.probability),
          ])
        })
    }
    return .members([
      "step": .integer(point.step), "margin": .number(point.margin),
      "probability_margin": .number(point.probabilityMargin), "reference": list(point.reference),
      "submission": list(point.submission),
    ])
  }

  private func json(of summary: DivergenceSummary, _ trace: LogitTrace?, _ threshold: Double?)
    -> JSON
  {
    let bounds = DivergenceSummary.histogramBounds
    let all = trace?.disagreements
    let ties = threshold.flatMap { threshold in all?.count { $0.isNearTie(within: threshold) } }
    return .members([
      "prompts": .integer(summary.prompts), "exact_matches": .integer(summary.exactMatches),
      "token_match_rate": summary.tokenMatchRate.map(JSON.number) ?? .null,
      "diverged": .integer(summary.diverged),
      "first_step_quartiles": summary.steps.map { steps in
        .array([0.25, 0.5, 0.75].map { .number(steps[$0]) })
      }
        ?? .null,
      "histogram": .array(
        zip([0] + bounds, summary.histogram).map {
          .members(["from": .integer($0), "prompts": .integer($1)])
        }),
      "near_ties": threshold.map { _ in .integer(summary.nearTies) } ?? .null,
      "confident": threshold.map { _ in .integer(summary.confident) } ?? .null,
      "near_tie_margin": threshold.map(JSON.number) ?? .null,
      "replay": all.map { all in
        .members([
          "steps": .integer(trace?.steps ?? 0), "disagreements": .integer(all.count),
          "near_ties": .integer(ties ?? 0), "confident": .integer(all.count - (ties ?? 0)),
        ])
      } ?? .null,
    ])
  }
}
