package import Statistics

/// What became of a submission since a baseline.
package enum RegressionOutcome: String, Hashable, Sendable, CaseIterable, Comparable {
  case improved, unchanged, inconclusive, regressed

  /// Judges a change by where its whole interval lies; what is within ±tolerance is no change.
  ///
  /// - Parameters:
  ///   - change: of the mean, positive for better. Without an interval only a change of exactly nothing is settled.
  ///   - isConfirmed: whether a test that needs no normality agrees that there is a change at all.
  package init(_ change: Estimate, tolerance: Double, isConfirmed: Bool) {
    guard let interval = change.interval else {
      self = change.value == 0 ? .unchanged : .inconclusive
      return
    }
    self =
      if interval.high < -tolerance, isConfirmed {
        .regressed
      } else if interval.low > tolerance, isConfirmed {
        .improved
      } else if interval.low >= -tolerance, interval.high <= tolerance { .unchanged } else { .inconclusive }
  }

  /// From best to worst.
  package static func < (left: RegressionOutcome, right: RegressionOutcome) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }
}
