internal import Statistics

/// The low, middle and high percentile of bootstrap means.
package struct BootstrapInterval: Hashable, Sendable, Codable {
  package let low: PrecisionRecall
  /// The median of the bootstrap means, not the mean; so its F is not a function of its precision and recall.
  package let middle: PrecisionRecall
  package let high: PrecisionRecall
}

/// rouge-score's `BootstrapAggregator` after `numpy.random.seed(seed)`, to the last bit.
///
/// rouge-score itself leaves the seed to the caller; HF `evaluate` reports `middle.fMeasure`. Source: rouge-score 0.1.2,
/// `scoring.py`.
package struct ROUGEBootstrap: Sendable {
  package let seed: UInt32
  package let confidence: Double
  package let sampleCount: Int

  package init(seed: UInt32, confidence: Double = 0.95, sampleCount: Int = 1000) {
    precondition((0...1).contains(confidence), "confidence \(confidence) is not between 0 and 1")
    precondition(sampleCount > 0, "\(sampleCount) samples say nothing")
    self.seed = seed
    self.confidence = confidence
    self.sampleCount = sampleCount
  }

  /// One interval per column; `columns` holds the scores of all pairs for one variant after the other. `nil` for a column
  /// without scores, which draws nothing.
  ///
  /// One random stream runs through all columns, so their order matters.
  package func intervals(of columns: [[PrecisionRecall]]) -> [BootstrapInterval?] {
    var generator = MersenneTwister(seed: seed)
    return columns.map { $0.isEmpty ? nil : interval(of: $0, &generator) }
  }

  private func interval(of scores: [PrecisionRecall], _ generator: inout MersenneTwister) -> BootstrapInterval? {
    var means = (precision: [Double](), recall: [Double](), fMeasure: [Double]())
    for _ in 0..<sampleCount {
      var sum = (precision: 0.0, recall: 0.0, fMeasure: 0.0)
      for _ in scores {
        let score = scores[generator.index(below: scores.count)]
        sum.precision += score.precision
        sum.recall += score.recall
        sum.fMeasure += score.fMeasure
      }
      let count = Double(scores.count)
      means.precision.append(sum.precision / count)
      means.recall.append(sum.recall / count)
      means.fMeasure.append(sum.fMeasure / count)
    }
    guard let precision = Quantiles(means.precision), let recall = Quantiles(means.recall),
      let fMeasure = Quantiles(means.fMeasure)
    else { return nil }
    func at(_ share: Double) -> PrecisionRecall {
      // NumPy is given percent and divides by 100 again.
      let share = 100 * share / 100
      return PrecisionRecall(precision: precision[share], recall: recall[share], fMeasure: fMeasure[share])
    }
    let tail = (1 - confidence) / 2
    return BootstrapInterval(low: at(tail), middle: at(0.5), high: at(1 - tail))
  }
}
