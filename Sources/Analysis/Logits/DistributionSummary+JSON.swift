package import Metrics
internal import Statistics

extension DistributionSummary {
  /// Percentiles that are told, in percent.
  static let percentiles = [0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9]

  /// Every number, natural logarithms and shares from 0 to 1.
  package var json: JSON {
    .members([
      "tokens": .integer(count),
      "non_finite": .integer(nonFinite),
      "ppl": submissionPerplexity.json,
      "ppl_reference": referencePerplexity.json,
      "ln_ppl_correlation": correlation.map(JSON.number) ?? .null,
      "ln_ppl_ratio": logRatio.json,
      "ppl_ratio": ratio.json,
      "ppl_difference": difference.json,
      "kld": .members([
        "mean": .number(meanDivergence.value), "error": .number(meanDivergence.error),
        "percentiles": Self.json(divergences), "min": .number(divergences.minimum),
        "max": .number(divergences.maximum), "median": .number(divergences.median),
      ]),
      "delta_p": .members([
        "mean": .number(meanChange.value), "error": .number(meanChange.error),
        "percentiles": Self.json(changes), "min": .number(changes.minimum),
        "max": .number(changes.maximum),
        "median": .number(changes.median), "rms": rootMeanSquareChange.json,
      ]),
      "same_top": .object(
        Dictionary(
          uniqueKeysWithValues: zip(DistributionTally.topCounts, sameTop).map { ("\($0)", $1.json) }
        )),
      "by_confidence": .array(
        buckets.map { bucket in
          .members([
            "low": .number(bucket.bounds.low), "high": .number(bucket.bounds.high),
            "tokens": .integer(bucket.count),
            "kld": bucket.meanDivergence.map(JSON.number) ?? .null,
            "same_top": bucket.sameTopShare.map(JSON.number) ?? .null,
          ])
        }),
    ])
  }

  private static func json(_ quantiles: Quantiles) -> JSON {
    .object(
      Dictionary(
        uniqueKeysWithValues: percentiles.map { percent in
          (
            percent == percent.rounded() ? "\(Int(percent))" : "\(percent)",
            .number(quantiles[percent / 100])
          )
        }))
  }
}

extension Measured {
  package var json: JSON { .members(["value": .number(value), "error": .number(error)]) }
}
