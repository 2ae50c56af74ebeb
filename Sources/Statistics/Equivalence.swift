/// Two one-sided t tests (TOST) of "the mean difference lies within ±margin".
///
/// Source: Schuirmann 1987. p < α is the same as the (1 - 2α) t interval lying inside the margins.
package struct Equivalence: Hashable, Sendable {
  package let margin: Double
  /// P of a mean at or below -margin.
  package let pLower: Double
  /// P of a mean at or above +margin.
  package let pUpper: Double

  /// The p of equivalence: the larger of the two.
  package var p: Double { max(pLower, pUpper) }

  /// - Returns: `nil` for fewer than two differences, or a margin that is not positive.
  package init?(_ differences: [Double], margin: Double) {
    guard margin > 0, let mean = differences.mean, let error = differences.standardErrorOfMean else { return nil }
    let freedom = differences.count - 1
    let test = { (excess: Double) in
      NonInferiority(margin: margin, meanExcess: excess, standardError: error, degreesOfFreedom: freedom).pNonInferior
    }
    self.margin = margin
    pLower = test(mean + margin)
    pUpper = test(margin - mean)
  }
}
