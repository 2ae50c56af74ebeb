/// Two measurements of the same items, such as the scores of two runs on the same prompts.
///
/// Pairing removes what the items contribute: the interval of the difference uses the covariance of the two.
package struct PairedSample: Hashable, Sendable {
  package let reference: [Double]
  package let submission: [Double]

  /// `nil` when the lengths differ, nothing is there, or a value is not finite.
  package init?(reference: [Double], submission: [Double]) {
    guard !reference.isEmpty, reference.count == submission.count else { return nil }
    guard reference.allSatisfy(\.isFinite), submission.allSatisfy(\.isFinite) else { return nil }
    self.reference = reference
    self.submission = submission
  }

  package var count: Int { reference.count }

  /// submission - reference, item by item.
  package var differences: [Double] { zip(submission, reference).map { $0 - $1 } }

  /// The mean difference and its interval d̄ ± t·SE(d), t with n - 1 degrees of freedom.
  package func meanDifference(level: Double = 0.95) -> Estimate {
    let differences = differences
    return meanEstimate(differences, standardError: differences.standardErrorOfMean, units: count, level: level)
  }

  /// The same when items come in clusters; t with (number of clusters - 1) degrees of freedom.
  package func meanDifference<Cluster: Hashable>(clusters: [Cluster], level: Double = 0.95) -> Estimate {
    let differences = differences
    return meanEstimate(
      differences, standardError: clusteredStandardError(of: differences, clusters: clusters),
      units: Set(clusters).count, level: level)
  }

  private func meanEstimate(_ values: [Double], standardError: Double?, units: Int, level: Double) -> Estimate {
    let mean = values.compensatedSum / Double(values.count)
    let interval = standardError.map { error in
      let margin = StudentT(degreesOfFreedom: Double(units - 1)).quantile((1 + level) / 2) * error
      return ConfidenceInterval(low: mean - margin, high: mean + margin, level: level)
    }
    return Estimate(value: mean, interval: interval, count: count)
  }
}
