/// The test of "keeps at least a share τ of the reference", on the mean excess ē of e = q - τ·r.
package struct NonInferiority: Hashable, Sendable {
  /// What a sample can say about the margin.
  package enum Conclusion: String, Sendable, CaseIterable {
    /// At or above the margin, with confidence.
    case confirmed
    /// Below the margin, with confidence.
    case refuted
    /// The sample does not settle it.
    case inconclusive
  }

  /// τ
  package let margin: Double
  /// ē
  package let meanExcess: Double
  package let standardError: Double
  package let degreesOfFreedom: Int

  /// t = ē / SE; ±∞ or 0 when every item agrees exactly.
  package var t: Double {
    if standardError > 0 { return meanExcess / standardError }
    return meanExcess == 0 ? 0 : meanExcess > 0 ? .infinity : -.infinity
  }

  /// P(T ≥ t): small when the share is certainly kept.
  package var pNonInferior: Double { StudentT(degreesOfFreedom: Double(degreesOfFreedom)).survival(t) }

  /// P(T ≤ t): small when the share is certainly lost.
  package var pInferior: Double { StudentT(degreesOfFreedom: Double(degreesOfFreedom)).cumulative(t) }

  /// Confirmed if ē - t·SE ≥ 0, refuted if ē + t·SE < 0, where t is the one-sided (1 - α) quantile.
  package func conclusion(alpha: Double = 0.05) -> Conclusion {
    let reach = StudentT(degreesOfFreedom: Double(degreesOfFreedom)).quantile(1 - alpha) * standardError
    if meanExcess - reach >= 0 { return .confirmed }
    return meanExcess + reach < 0 ? .refuted : .inconclusive
  }
}
