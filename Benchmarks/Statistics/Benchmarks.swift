import Foundation
import Statistics

/// Checks of the statistics that take longer than a test may.
///
///     swift run -c release StatisticsBenchmarks coverage
///     swift run -c release StatisticsBenchmarks speed
///
/// Prints Markdown tables; exits with 2 when a number is outside its limits.
@main
enum Benchmarks {
  static func main() {
    let passed: Bool
    switch CommandLine.arguments.dropFirst().first {
    case "coverage": passed = coverage()
    case "speed": passed = Speed.run()
    default:
      print("usage: StatisticsBenchmarks coverage|speed")
      exit(64)
    }
    if !passed { exit(2) }
  }

  private static func coverage() -> Bool {
    let intervals = intervalTable()
    let confirmations = confirmationTable()
    return intervals && confirmations
  }

  private static func intervalTable() -> Bool {
    let samples = 4000
    var passed = true
    print("Coverage of 95 % intervals in percent of \(samples) samples (BCa: \(samples / 4)), n = 40 / 200 / 1000\n")
    print("| population | share | " + Coverage.Method.allCases.map(\.rawValue).joined(separator: " | ") + " |")
    print("|---|---:|" + Coverage.Method.allCases.map { _ in "---:" }.joined(separator: "|") + "|")
    for scenario in Scenario.all {
      let cells = Coverage.Method.allCases.map { method in
        [40, 200, 1000].map { count in
          let share = Coverage.coverage(
            scenario, method, count: count, samples: method == .bca ? samples / 4 : samples)
          if method == .retainedShare, !(0.93...0.97).contains(share) { passed = false }
          return (100 * share).fixedPoint(1)
        }.joined(separator: " / ")
      }
      print("| \(scenario.name) | \((100 * scenario.share).fixedPoint(2)) % | \(cells.joined(separator: " | ")) |")
    }
    print("\nRetained share within 93 and 97 %: \(passed ? "yes" : "NO")\n")
    return passed
  }

  private static func confirmationTable() -> Bool {
    let (samples, alpha) = (4000, 0.025)
    var passed = true
    print("False confirmations at p ≤ \(alpha) in percent of \(samples) samples, fixed n = 40 / 200 / 1000 / 4000,")
    print("stopping early with at most n = 40 / 200 / 1000 (of \(samples / 4))\n")
    print("| population | limit | false claim | fixed n | stopping early |")
    print("|---|---:|---|---:|---:|")
    let rows =
      Scenario.justBelow.map { ($0.scenario, $0.limit, true) }
      + Scenario.justAbove.map { ($0.scenario, $0.limit, false) }
    for (scenario, limit, reaching) in rows {
      let fixed = [40, 200, 1000, 4000].map {
        Coverage.falseConfirmations(
          scenario, limit: limit, reaching: reaching, count: $0, samples: samples, alpha: alpha)
      }
      let early = [40, 200, 1000].map {
        Coverage.falseConfirmationsStoppingEarly(
          scenario, limit: limit, reaching: reaching, count: $0, samples: samples / 4, alpha: alpha)
      }
      if (fixed + early).contains(where: { $0 > 0.05 }) { passed = false }
      let text = { (shares: [Double]) in shares.map { (100 * $0).fixedPoint(1) }.joined(separator: " / ") }
      print(
        "| \(scenario.name) (\((100 * scenario.share).fixedPoint(2)) %) | \(limit) | \(reaching ? "reached" : "missed") | "
          + "\(text(fixed)) | \(text(early)) |")
    }
    print("\nAll at most 5 %: \(passed ? "yes" : "NO")")
    return passed
  }
}
