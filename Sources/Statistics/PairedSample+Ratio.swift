extension PairedSample {
  /// q̄ / r̄, the share of the reference's mean that the submission keeps, with Fieller's interval; `nil` when r̄ = 0.
  package func ratioOfMeans(level: Double = 0.95) -> Estimate? {
    let referenceMean = reference.compensatedSum / Double(count)
    guard referenceMean != 0 else { return nil }
    let ratio = submission.compensatedSum / Double(count) / referenceMean
    return Estimate(value: ratio, interval: fiellerInterval(level: level), count: count)
  }

  /// Fieller's interval of the ratio of two means.
  ///
  /// With the variances v and the covariance c of the means, the ends are the roots R of
  /// (r̄² - t²·v_r)·R² - 2·(r̄·q̄ - t²·c)·R + (q̄² - t²·v_q) = 0, t with n - 1 degrees of freedom. `nil` when the reference's
  /// mean is not significantly different from 0 (the set of ratios is unbounded) or for fewer than two items.
  /// Source: Fieller 1954, "Some problems in interval estimation".
  package func fiellerInterval(level: Double = 0.95) -> ConfidenceInterval? {
    guard count > 1, let r = reference.mean, let q = submission.mean, let varianceR = reference.variance,
      let varianceQ = submission.variance, let covariance = covariance(reference, submission)
    else { return nil }
    let n = Double(count)
    let t = StudentT(degreesOfFreedom: n - 1).quantile((1 + level) / 2)
    let a = r * r - t * t * varianceR / n
    let b = r * q - t * t * covariance / n
    let c = q * q - t * t * varianceQ / n
    guard a > 0 else { return nil }
    // With r̄ significantly nonzero the roots are real; rounding may say otherwise when they coincide.
    let root = max(b * b - a * c, 0).squareRoot()
    return ConfidenceInterval(low: (b - root) / a, high: (b + root) / a, level: level)
  }

  /// Whether the submission keeps at least a share τ of the reference: one-sided t test of e = q - τ·r.
  ///
  /// `nil` for fewer than two items.
  package func nonInferiority(margin tau: Double) -> NonInferiority? {
    let excess = zip(submission, reference).map { $0 - tau * $1 }
    guard let mean = excess.mean, let error = excess.standardErrorOfMean else { return nil }
    return NonInferiority(margin: tau, meanExcess: mean, standardError: error, degreesOfFreedom: count - 1)
  }

  /// The same when items come in clusters; `nil` for fewer than two clusters.
  package func nonInferiority<Cluster: Hashable>(margin tau: Double, clusters: [Cluster]) -> NonInferiority? {
    let excess = zip(submission, reference).map { $0 - tau * $1 }
    guard let mean = excess.mean, let error = clusteredStandardError(of: excess, clusters: clusters) else { return nil }
    return NonInferiority(
      margin: tau, meanExcess: mean, standardError: error, degreesOfFreedom: Set(clusters).count - 1)
  }
}
