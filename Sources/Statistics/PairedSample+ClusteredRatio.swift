extension PairedSample {
  /// The ratio of means with Fieller's interval when items come in clusters; `nil` when the reference's mean is 0.
  ///
  /// The variances and the covariance of the means are the clustered ones, the covariance by polarisation: cov(r̄,
  /// q̄) = (var(r̄ + q̄) - var(r̄) - var(q̄)) / 2; t has (number of clusters - 1) degrees of freedom. No interval
  /// for fewer than two clusters, or when the reference's mean is not significantly different from 0.
  package func ratioOfMeans(clusters: [String], level: Double = 0.95) -> Estimate? {
    guard let ratio = ratioOfMeans(level: level)?.value else { return nil }
    return Estimate(value: ratio, interval: fiellerInterval(clusters: clusters, level: level), count: count)
  }

  private func fiellerInterval(clusters: [String], level: Double) -> ConfidenceInterval? {
    let sums = zip(reference, submission).map { $0 + $1 }
    guard let r = reference.mean, let q = submission.mean,
      let errorR = clusteredStandardError(of: reference, clusters: clusters),
      let errorQ = clusteredStandardError(of: submission, clusters: clusters),
      let errorSum = clusteredStandardError(of: sums, clusters: clusters)
    else { return nil }
    let covariance = (errorSum * errorSum - errorR * errorR - errorQ * errorQ) / 2
    let t = StudentT(degreesOfFreedom: Double(Set(clusters).count - 1)).quantile((1 + level) / 2)
    let a = r * r - t * t * errorR * errorR
    let b = r * q - t * t * covariance
    let c = q * q - t * t * errorQ * errorQ
    guard a > 0 else { return nil }
    // With r̄ significantly nonzero the roots are real; rounding may say otherwise when they coincide.
    let root = max(b * b - a * c, 0).squareRoot()
    return ConfidenceInterval(low: (b - root) / a, high: (b + root) / a, level: level)
  }
}
