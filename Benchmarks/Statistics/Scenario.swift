import Foundation
import Statistics

/// A population of prompts with ROUGE-like scores, from which samples are drawn.
struct Scenario: Sendable {
  let name: String
  /// True when the reference scores 1 on every prompt and no submission can do better (gate `reference`).
  let isBounded: Bool
  private let pair: @Sendable (inout Randomness) -> (reference: Double, submission: Double)
  /// q̄ / r̄ of the population.
  let share: Double

  private init(
    _ name: String, isBounded: Bool, share: Double? = nil,
    _ pair: @escaping @Sendable (inout Randomness) -> (reference: Double, submission: Double)
  ) {
    self.name = name
    self.isBounded = isBounded
    self.pair = pair
    self.share = share ?? Self.simulatedShare(pair)
  }

  /// From four million prompts, where no formula is known.
  private static func simulatedShare(_ pair: (inout Randomness) -> (reference: Double, submission: Double)) -> Double {
    var randomness = Randomness(seed: 0x5EED)
    var (r, q) = (0.0, 0.0)
    for _ in 0..<4_000_000 {
      let scores = pair(&randomness)
      r += scores.reference
      q += scores.submission
    }
    return q / r
  }

  func sample(_ count: Int, _ randomness: inout Randomness) -> PairedSample {
    var (reference, submission) = ([Double](), [Double]())
    for _ in 0..<count {
      let scores = pair(&randomness)
      reference.append(scores.reference)
      submission.append(scores.submission)
    }
    return PairedSample(reference: reference, submission: submission)!
  }

  /// Gate `reference`: a share of prompts is unchanged and scores 1, the others score by the parts of a mixture.
  static func strict(_ name: String, unchanged: Double, _ parts: [(share: Double, a: Double, b: Double)]) -> Scenario {
    let share = parts.reduce(unchanged) { $0 + $1.share * $1.a / ($1.a + $1.b) }
    return Scenario(name, isBounded: true, share: share) { randomness in
      var u = randomness.uniform()
      if u < unchanged { return (1, 1) }
      u -= unchanged
      for part in parts {
        if u < part.share { return (1, randomness.beta(part.a, part.b)) }
        u -= part.share
      }
      return (1, 1)
    }
  }

  /// Gate `targets`: a share of prompts keeps its score, the others move by a normal step, within 0 and 1.
  static func targets(_ name: String, unchanged: Double, shift: Double, deviation: Double) -> Scenario {
    Scenario(name, isBounded: false) { randomness in
      let reference = randomness.beta(2, 4)
      if randomness.uniform() < unchanged { return (reference, reference) }
      return (reference, min(1, max(0, reference + shift + deviation * randomness.normal())))
    }
  }

  /// Gate `reference`: a prompt loses all with a probability; the hardest case for confirming a category.
  static func rareLoss(_ rate: Double) -> Scenario {
    Scenario("total loss of \((rate * 100).fixedPoint(3)) %", isBounded: true, share: 1 - rate) {
      (1, $0.uniform() < rate ? 0 : 1)
    }
  }

  /// The shapes that runs of small models have: int8, int4, a left tail, fp16 with its many ones, and ground truth.
  static let all: [Scenario] = [
    strict("half unchanged, rest Beta(4,2)", unchanged: 0.5, [(0.5, 4, 2)]),
    strict("20 % unchanged, rest Beta(2,2)", unchanged: 0.2, [(0.8, 2, 2)]),
    strict("60 % unchanged, 30 % Beta(20,2), 10 % Beta(1,4)", unchanged: 0.6, [(0.3, 20, 2), (0.1, 1, 4)]),
    strict("80 % unchanged, rest Beta(3,2)", unchanged: 0.8, [(0.2, 3, 2)]),
    strict("90 % unchanged, rest Beta(3,2)", unchanged: 0.9, [(0.1, 3, 2)]),
    strict("95 % unchanged, rest Beta(3,2)", unchanged: 0.95, [(0.05, 3, 2)]),
    targets("targets, 60 % unchanged, steps of 0.15", unchanged: 0.6, shift: -0.01, deviation: 0.15),
    targets("targets, 20 % unchanged, steps of 0.2", unchanged: 0.2, shift: -0.03, deviation: 0.2),
  ]

  /// Populations just below a limit, where every confirmation of the category is false.
  static let justBelow: [(scenario: Scenario, limit: Double)] = [
    (rareLoss(0.0101), 0.99), (rareLoss(0.00101), 0.999),
    (strict("97 % unchanged, rest Beta(2,1.03)", unchanged: 0.97, [(0.03, 2, 1.03)]), 0.99),
    (strict("80 % unchanged, rest Beta(20,1.1)", unchanged: 0.8, [(0.2, 20, 1.1)]), 0.99),
    (strict("99.7 % unchanged, rest Beta(2,1.05)", unchanged: 0.997, [(0.003, 2, 1.05)]), 0.999),
    (targets("targets, 90 % unchanged, steps of 0.05", unchanged: 0.9, shift: -0.036, deviation: 0.05), 0.99),
  ]

  /// Populations just above a limit, where every confirmed failure is false.
  static let justAbove: [(scenario: Scenario, limit: Double)] = [
    (rareLoss(0.0099), 0.99),
    (strict("97 % unchanged, rest Beta(2.1,1)", unchanged: 0.97, [(0.03, 2.1, 1)]), 0.99),
    (strict("80 % unchanged, rest Beta(20,1)", unchanged: 0.8, [(0.2, 20, 1)]), 0.99),
    (targets("targets, 90 % unchanged, steps of 0.05", unchanged: 0.9, shift: -0.030, deviation: 0.05), 0.99),
  ]
}

/// Draws from a few distributions, the same on every machine.
struct Randomness: Sendable {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func uniform() -> Double { generator.unitInterval() }

  mutating func normal() -> Double { NormalDistribution.quantile(uniform() + 0x1p-54) }

  /// Marsaglia and Tsang 2000.
  private mutating func gamma(_ shape: Double) -> Double {
    let d = shape - 1.0 / 3
    while true {
      let x = normal()
      let v = 1 + x / (9 * d).squareRoot()
      guard v > 0 else { continue }
      let (cube, u) = (v * v * v, uniform())
      // The first test is quick and enough, but not necessary.
      if u < 1 - 0.0331 * x * x * x * x || log(u) < x * x / 2 + d * (1 - cube + log(cube)) { return d * cube }
    }
  }

  /// For a, b ≥ 1.
  mutating func beta(_ a: Double, _ b: Double) -> Double {
    let x = gamma(a)
    return x / (x + gamma(b))
  }
}
