extension PairedSample {
  /// d_z = d̄ / sd(d), the mean difference in standard deviations of the differences; `nil` when these do not vary.
  package var standardizedDifference: Double? {
    let differences = differences
    guard let mean = differences.mean, let deviation = differences.standardDeviation, deviation > 0 else { return nil }
    return mean / deviation
  }

  /// d̄ / r̄, the mean difference as a share of the reference; `nil` when the reference's mean is 0.
  package var relativeChange: Double? {
    guard let reference = reference.mean, reference != 0, let change = differences.mean else { return nil }
    return change / reference
  }

  /// The share of items on which the submission scores higher, equal ones counted half.
  package var superiority: Double {
    let points = zip(submission, reference).reduce(0.0) { $0 + ($1.0 > $1.1 ? 1 : $1.0 == $1.1 ? 0.5 : 0) }
    return points / Double(count)
  }
}
