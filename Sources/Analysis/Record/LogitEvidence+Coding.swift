internal import Metrics

/// Logit evidence as data, so that a report can be written again without a model. Numbers read back to the same bits.
extension LogitEvidence {
  var record: JSON {
    .object([
      "floor": .object([
        "format": .string(floor.format), "seed": .string(String(floor.seed)),
        "margin_change": .number(floor.marginChange),
        "tally": floor.tally.record,
      ]),
      "traces": .array(traces.map { .array($0.prompts.map(\.record)) }),
    ])
  }

  init?(record: JSON) {
    guard let floor = record["floor"].flatMap(NoiseFloor.init(record:)),
      let traces = record["traces"]?.list({ $0.list(PromptTrace.init(record:)) })
    else { return nil }
    self.init(floor: floor, traces: traces.map(LogitTrace.init))
  }
}

extension NoiseFloor {
  fileprivate init?(record: JSON) {
    guard let format = record["format"]?.string, let seed = record["seed"]?.string.flatMap({ UInt64($0) }),
      let change = record["margin_change"]?.double, let tally = record["tally"].flatMap(DistributionTally.init(record:))
    else { return nil }
    self.init(format: format, seed: seed, tally: tally, marginChange: change)
  }
}

extension PromptTrace {
  fileprivate var record: JSON {
    .members([
      "id": .string(id), "steps": .integer(steps), "tally": tally.record,
      "disagreements": .array(disagreements.map { .array([.integer($0.step), .number($0.margin)]) }),
      "first": first.map { point in
        .object([
          "step": .integer(point.step), "reference": Self.record(point.reference),
          "submission": Self.record(point.submission),
        ])
      },
    ])
  }

  fileprivate init?(record: JSON) {
    guard let id = record["id"]?.string, let steps = record["steps"]?.int,
      let tally = record["tally"].flatMap(DistributionTally.init(record:)),
      let disagreements = record["disagreements"]?.list({ Self.disagreement($0) })
    else { return nil }
    var first: DivergencePoint?
    if let point = record["first"] {
      guard let step = point["step"]?.int, let reference = point["reference"]?.list(Self.candidate),
        let submission = point["submission"]?.list(Self.candidate)
      else { return nil }
      first = DivergencePoint(step: step, reference: reference, submission: submission)
    }
    self.init(id: id, steps: steps, tally: tally, disagreements: disagreements, first: first)
  }

  private static func disagreement(_ record: JSON) -> Disagreement? {
    guard let pair = record.array, pair.count == 2, let step = pair[0].int else { return nil }
    // With one token only to choose from the margin is infinite, which JSON writes as null.
    return Disagreement(step: step, margin: pair[1].double ?? .infinity)
  }

  private static func record(_ candidates: [DivergencePoint.Candidate]) -> JSON {
    .array(
      candidates.map {
        .array([.integer(Int($0.token)), .string($0.text), .number($0.logit), .number($0.probability)])
      })
  }

  private static func candidate(_ record: JSON) -> DivergencePoint.Candidate? {
    guard let fields = record.array, fields.count == 4, let token = fields[0].int.flatMap(Int32.init(exactly:)),
      let text = fields[1].string, let logit = fields[2].double, let probability = fields[3].double
    else { return nil }
    return .init(token: token, text: text, logit: logit, probability: probability)
  }
}

extension DistributionTally {
  fileprivate var record: JSON {
    .object([
      "reference": reference.record, "submission": submission.record, "products": .number(sumOfProducts),
      "kld": .array(divergences.map(JSON.number)), "delta_p": .array(probabilityChanges.map(JSON.number)),
      "top": .array(topMatches.map(JSON.integer)), "non_finite": .integer(nonFinite),
      "buckets": .array(
        buckets.map { .array([.integer($0.count), .number($0.sumOfDivergences), .integer($0.sameTop)]) }),
    ])
  }

  fileprivate init?(record: JSON) {
    guard let reference = record["reference"].flatMap(LikelihoodTally.init(record:)),
      let submission = record["submission"].flatMap(LikelihoodTally.init(record:)),
      let products = record["products"]?.double, let divergences = record["kld"]?.list(\.double),
      let changes = record["delta_p"]?.list(\.double), let top = record["top"]?.list(\.int),
      let nonFinite = record["non_finite"]?.int, let counts = record["buckets"]?.array
    else { return nil }
    let buckets = zip(ConfidenceBucket.Bounds.all, counts).compactMap { bounds, record -> ConfidenceBucket? in
      guard let fields = record.array, fields.count == 3, let count = fields[0].int, let sum = fields[1].double,
        let same = fields[2].int
      else { return nil }
      return ConfidenceBucket(bounds: bounds, count: count, sumOfDivergences: sum, sameTop: same)
    }
    self.init(
      reference: reference, submission: submission, sumOfProducts: products, divergences: divergences,
      probabilityChanges: changes, topMatches: top, buckets: buckets, nonFinite: nonFinite)
  }
}

extension LikelihoodTally {
  fileprivate var record: JSON { .array([.integer(count), .number(sum), .number(sumOfSquares)]) }

  fileprivate init?(record: JSON) {
    guard let fields = record.array, fields.count == 3, let count = fields[0].int, let sum = fields[1].double,
      let squares = fields[2].double
    else { return nil }
    self.init(count: count, sum: sum, sumOfSquares: squares)
  }
}
