import Statistics
import Testing

@testable import StatisticsBenchmarks

/// A small version of `StatisticsBenchmarks coverage`, with room for four standard errors.
@Suite struct `Coverage simulations` {
  private static let samples = 400

  @Test(arguments: [
    Scenario.strict("half unchanged", unchanged: 0.5, [(0.5, 4, 2)]),
    Scenario.strict("a left tail", unchanged: 0.6, [(0.3, 20, 2), (0.1, 1, 4)]),
    Scenario.strict("many ones", unchanged: 0.9, [(0.1, 3, 2)]),
  ])
  func `of the retained share's interval is near 95 percent for 40 skewed scores`(scenario: Scenario) {
    let coverage = Coverage.coverage(scenario, .retainedShare, count: 40, samples: Self.samples)
    #expect((0.91...0.99).contains(coverage), "\(coverage)")
  }

  @Test func `of the t interval is not`() {
    let scenario = Scenario.strict("many ones", unchanged: 0.9, [(0.1, 3, 2)])
    #expect(Coverage.coverage(scenario, .fieller, count: 40, samples: Self.samples) < 0.91)
  }

  @Test(arguments: [40, 200])
  func `false confirmations stay below 5 percent, also when one stops early`(count: Int) {
    let scenario = Scenario.rareLoss(0.0101)
    let fixed = Coverage.falseConfirmations(
      scenario, limit: 0.99, reaching: true, count: count, samples: Self.samples, alpha: 0.025)
    let early = Coverage.falseConfirmationsStoppingEarly(
      scenario, limit: 0.99, reaching: true, count: count, samples: Self.samples, alpha: 0.025)
    #expect(fixed <= 0.05)
    #expect(early <= 0.05)
  }
}
