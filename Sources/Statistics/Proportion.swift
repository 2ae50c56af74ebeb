/// A count of successes among trials.
package struct Proportion: Hashable, Sendable {
  package let successes: Int
  package let trials: Int

  /// `nil` unless 0 ≤ successes ≤ trials and there is a trial.
  package init?(successes: Int, trials: Int) {
    guard trials > 0, (0...trials).contains(successes) else { return nil }
    self.successes = successes
    self.trials = trials
  }

  package var value: Double { Double(successes) / Double(trials) }

  /// √(p(1 - p)/n)
  package var standardError: Double { (value * (1 - value) / Double(trials)).squareRoot() }

  /// Wilson's interval (1927): centre (p + z²/2n)/(1 + z²/n), half width z·√(p(1 - p)/n + z²/4n²)/(1 + z²/n).
  package func wilson(level: Double = 0.95) -> ConfidenceInterval {
    let n = Double(trials)
    let z = NormalDistribution.quantile((1 + level) / 2)
    let scale = 1 + z * z / n
    let centre = (value + z * z / (2 * n)) / scale
    let reach = z * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot() / scale
    // Rounding must not leave a hair of the impossible.
    return ConfidenceInterval(
      low: successes == 0 ? 0 : max(0, centre - reach), high: successes == trials ? 1 : min(1, centre + reach),
      level: level)
  }

  package var estimate: Estimate { Estimate(value: value, interval: wilson(), count: trials) }

  /// 3/n: when nothing failed in n trials, the failure rate is below this with 95 % confidence.
  package static func ruleOfThree(trials: Int) -> Double { min(1, 3 / Double(trials)) }
}
