import Foundation
import Statistics
import Testing

@testable import Metrics

@Suite struct `Estimators equal the reference` {
  /// Either one number or one per problem.
  enum Counts: Decodable {
    case one(Int)
    case many([Int])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Int.self) {
        self = .one(one)
      } else {
        self = .many(try container.decode([Int].self))
      }
    }
  }

  struct Row: Decodable {
    let id: String
    let category: String
    let n: Int?
    let c: Counts?
    let k: Int?
    let value: Double?
    let answers: [String]?
    let gold: String?
    let vote: String?
    let correct: Bool?
    let loglikelihoods: [Double]?
    let weights: [Int]?
    let mean: Double?
    let np_mean: Double?
    let perplexity: Double?
    let weighted_perplexity: Double?
    let bits_per_byte: Double?
    let token_perplexity: Double?
    let scores: [Double]?
    let max: Double?
    let first_k_max: Double?
    let mean_stderr: Double?
    let expected_max_of_k: Double?
    let median_harness: Double?
  }

  private func rows(_ categories: String...) throws -> [Row] {
    let rows = try golden("estimators/estimators", as: Row.self).filter { categories.contains($0.category) }
    try #require(!rows.isEmpty)
    return rows
  }

  private func isClose(_ value: Double?, _ expected: Double?) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return abs(value - expected) <= 1e-12 * Swift.max(abs(expected), 1)
  }

  @Test func `on pass@k`() throws {
    for row in try rows("pass_at_k", "pass_at_k_mean") {
      switch row.c {
      case .one(let passed):
        #expect(
          isClose(SamplingEstimators.passAtK(row.k!, sampleCount: row.n!, passed: passed), row.value), "\(row.id)")
      case .many(let passed):
        let mean = SamplingEstimators.meanPassAtK(row.k!, problems: passed.map { (row.n!, $0) })
        #expect(isClose(mean, row.value), "\(row.id)")
      case nil: Issue.record("\(row.id) has no count")
      }
    }
  }

  @Test func `on majority votes`() throws {
    for row in try rows("maj_at_k") {
      let answers = row.k.map { Array(row.answers!.prefix($0)) } ?? row.answers!
      let vote = SamplingEstimators.majority(of: answers)
      #expect(vote == row.vote, "\(row.id)")
      #expect((vote == row.gold) == row.correct, "\(row.id)")
    }
  }

  @Test func `on perplexity`() throws {
    for row in try rows("perplexity") {
      let logLikelihoods = row.loglikelihoods!
      let perItem = Likelihood(logProbabilities: logLikelihoods)
      let perUnit = Likelihood(sum: perItem.sum, units: row.weights!.reduce(0, +))
      #expect(isClose(logLikelihoods.mean, row.mean), "\(row.id)")
      #expect(isClose(NumPy.mean(logLikelihoods), row.np_mean), "\(row.id)")
      #expect(isClose(perItem.perplexity.map { $0 / row.perplexity! }, 1), "\(row.id)")
      #expect(isClose(perItem.perplexity.map { $0 / row.token_perplexity! }, 1), "\(row.id)")
      #expect(isClose(perUnit.perplexity.map { $0 / row.weighted_perplexity! }, 1), "\(row.id)")
      #expect(isClose(perUnit.bitsPerByte, row.bits_per_byte), "\(row.id)")
    }
  }

  @Test func `on the best of n`() throws {
    for row in try rows("best_of_n") {
      let scores = row.scores!
      #expect(
        isClose(SamplingEstimators.best(of: row.k!, byScore: scores).map { scores[$0] }, row.first_k_max), "\(row.id)")
      #expect(
        isClose(SamplingEstimators.best(of: scores.count, byScore: scores).map { scores[$0] }, row.max), "\(row.id)")
      #expect(isClose(SamplingEstimators.expectedBest(of: row.k!, scores: scores), row.expected_max_of_k), "\(row.id)")
      #expect(SamplingEstimators.upperMedian(of: scores) == row.median_harness, "\(row.id)")
      #expect(isClose(scores.mean, row.mean), "\(row.id)")
      #expect(isClose(scores.standardErrorOfMean, row.mean_stderr), "\(row.id)")
    }
  }
}

@Suite struct `Estimators` {
  @Test(arguments: [(0, 1, 1), (1, 2, 1), (1, 0, 0), (1, -1, 1), (1, 1, 2)])
  func `of pass@k refuse impossible counts`(n: Int, c: Int, k: Int) {
    #expect(SamplingEstimators.passAtK(k, sampleCount: n, passed: c) == nil)
  }

  @Test func `of the expected best are pass@k for scores of 0 and 1`() {
    let scores = [0.0, 1, 0, 0, 1, 0, 0]
    for k in 1...7 {
      let pass = SamplingEstimators.passAtK(k, sampleCount: 7, passed: 2)!
      #expect(abs(SamplingEstimators.expectedBest(of: k, scores: scores)! - pass) < 1e-14)
    }
  }

  @Test func `of the expected best take samples by the thousand`() {
    let scores = (0..<10_000).map { Double($0) }
    #expect(abs(SamplingEstimators.expectedBest(of: 5_000, scores: scores)! - 9_998) < 1e-3)
  }

  @Test func `of nothing do not exist`() {
    #expect(SamplingEstimators.majority(of: []) == nil)
    #expect(SamplingEstimators.best(of: 3, byScore: []) == nil)
    #expect(SamplingEstimators.best(of: 3, byScore: [.nan]) == nil)
    #expect(SamplingEstimators.expectedBest(of: 1, scores: []) == nil)
    #expect(SamplingEstimators.meanPassAtK(1, problems: []) == nil)
    #expect(Likelihood.zero.perplexity == nil)
    #expect(SamplingEstimators.upperMedian(of: []) == nil)
    #expect(Classification<String>().accuracy == nil)
  }

  @Test func `count words as lm-eval does`() {
    #expect(LikelihoodUnits.words.count(in: " a  b ") == 4)
    #expect(LikelihoodUnits.words.count(in: "") == 1)
    #expect(LikelihoodUnits.bytes.count(in: "é") == 2)
  }

  @Test func `of classes have precision, recall and F`() {
    var classification = Classification<String>()
    for (gold, predicted) in [("A", "A"), ("A", "B"), ("B", "B"), ("B", nil), ("C", "B")] as [(String, String?)] {
      classification.add(gold: gold, predicted: predicted)
    }
    #expect(classification.accuracy == 0.4)
    #expect(classification.labels == ["A", "B", "C"])
    #expect(classification.score(of: "A") == PrecisionRecall(hits: 1, predicted: 1, relevant: 2))
    #expect(classification.score(of: "B") == PrecisionRecall(hits: 1, predicted: 3, relevant: 2))
    #expect(classification.score(of: "C") == .zero)
    #expect(classification.support(of: "B") == 2)
    #expect(abs(classification.macroF! - (2.0 / 3 + 0.4 + 0) / 3) < 1e-15)
  }
}
