import Metrics
import Statistics
import Testing

@Suite struct `The ROUGE bootstrap` {
  struct Row: Decodable {
    struct Interval: Decodable {
      let low: [Double]
      let mid: [Double]
      let high: [Double]
    }
    let id: String
    let numpy_seed: UInt32
    let confidence_interval: Double
    let n_samples: Int
    let score_types: [String]
    let scores: [[String: [Double]]]
    let result: [String: Interval]
    let mean: [String: [Double]]

    func column(_ type: String) -> [PrecisionRecall] {
      scores.compactMap { $0[type] }.map { PrecisionRecall(precision: $0[0], recall: $0[1], fMeasure: $0[2]) }
    }
  }

  @Test func `equals rouge-score's aggregator after numpy's seed`() throws {
    for row in try golden("rouge/aggregate", as: Row.self) {
      let bootstrap = ROUGEBootstrap(
        seed: row.numpy_seed, confidence: row.confidence_interval, sampleCount: row.n_samples)
      let intervals = bootstrap.intervals(of: row.score_types.map(row.column))
      for (type, interval) in zip(row.score_types, intervals) {
        let interval = try #require(interval)
        let expected = try #require(row.result[type])
        expect(interval.low, matches: expected.low, "\(row.id) \(type) low")
        expect(interval.middle, matches: expected.mid, "\(row.id) \(type) middle")
        expect(interval.high, matches: expected.high, "\(row.id) \(type) high")
      }
    }
  }

  @Test func `has means equal to numpy's`() throws {
    for row in try golden("rouge/aggregate", as: Row.self) {
      for type in row.score_types {
        let column = row.column(type)
        let mean = PrecisionRecall(
          precision: NumPy.mean(column.map(\.precision))!, recall: NumPy.mean(column.map(\.recall))!,
          fMeasure: NumPy.mean(column.map(\.fMeasure))!)
        expect(mean, matches: row.mean[type] ?? [], "\(row.id) \(type)")
      }
    }
  }

  @Test func `of no scores is nothing, and draws nothing`() {
    let scores = [PrecisionRecall(precision: 1, recall: 0.5), .zero, PrecisionRecall(precision: 0.2, recall: 0.9)]
    let alone = ROUGEBootstrap(seed: 3).intervals(of: [scores])
    let after = ROUGEBootstrap(seed: 3).intervals(of: [[], scores])
    #expect(after[0] == nil)
    #expect(after[1] == alone[0])
  }
}
