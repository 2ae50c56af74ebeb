import Foundation
import Testing

/// `Fixtures/tests/tests.json`, made with SciPy; see HOW-MADE.md there.
struct Golden: Decodable {
  struct Outcome: Decodable {
    let statistic: Double
    let p: Double
  }

  struct Paired: Decodable {
    struct T: Decodable {
      let p: Double
      let low: Double
      let high: Double
    }
    struct Equivalence: Decodable {
      let margin: Double
      let lower: Double
      let upper: Double
    }
    let kind: String
    let differences: [Double]
    let wilcoxon_plain: Outcome
    let wilcoxon_corrected: Outcome
    let t: T
    let equivalence: Equivalence
    let sign_flip: Double?
  }

  struct MannWhitney: Decodable {
    let first: [Double]
    let second: [Double]
    let statistic: Double
    let p: Double
  }

  struct McNemar: Decodable {
    let lost: Int
    let gained: Int
    let exact: Double
    let mid: Double
    let chi_square: Double
    let chi_square_p: Double
    let worse: Double
  }

  struct Adjusted: Decodable {
    let p: [Double]
    let bh: [Double]
    let holm: [Double]
  }

  struct Wilson: Decodable {
    let successes: Int
    let trials: Int
    let low: Double
    let high: Double
  }

  struct Bootstrap: Decodable {
    let reference: [Double]
    let submission: [Double]
    let clusters: [String]?
    let seed: String
    let draws: Int
    let percentile: [Double]
    let bca: [Double]
  }

  struct Share: Decodable {
    let n: Int
    let lost: Int
    let jeffreys: [Double]
    let reaches: Double
    let misses: Double

    enum CodingKeys: String, CodingKey {
      case n, lost, jeffreys
      case reaches = "reaches_0.9"
      case misses = "misses_0.9"
    }
  }

  let paired: [Paired]
  let mann_whitney: [MannWhitney]
  let mcnemar: [McNemar]
  let adjusted: [Adjusted]
  let wilson: [Wilson]
  let bootstrap: [Bootstrap]
  let share: [Share]

  static let all: Golden = {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/tests/tests.json")
    return try! JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }()
}

/// Agreement with numbers of a reference tool: 1e-9, or the digits that a source prints.
func isClose(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
  value.map { abs($0 - expected) <= tolerance } ?? false
}
