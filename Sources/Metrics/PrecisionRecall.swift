/// How much of a prediction is right, how much of a reference is found, and the balance of the two.
package struct PrecisionRecall: Hashable, Sendable, Codable {
  package let precision: Double
  package let recall: Double
  package let fMeasure: Double

  /// Nothing in common, or nothing to compare.
  package static let zero = PrecisionRecall(precision: 0, recall: 0)

  /// F = 2·p·r / (p + r), or 0 where both are 0, in rouge-score's order of operations (`scoring.py`, 0.1.2).
  package init(precision: Double, recall: Double) {
    self.precision = precision
    self.recall = recall
    fMeasure = precision + recall > 0 ? ((2 * precision) * recall) / (precision + recall) : 0
  }

  /// Precision hits / predicted and recall hits / relevant; a total of 0 counts as 1.
  package init(hits: Int, predicted: Int, relevant: Int) {
    self.init(
      precision: Double(hits) / Double(max(predicted, 1)),
      recall: Double(hits) / Double(max(relevant, 1)))
  }

  /// Averages and percentiles of triples: there F is a statistic of its own, not a function of the other two.
  package init(precision: Double, recall: Double, fMeasure: Double) {
    self.precision = precision
    self.recall = recall
    self.fMeasure = fMeasure
  }

  private enum CodingKeys: String, CodingKey {
    case precision
    case recall
    case fMeasure = "fmeasure"
  }
}
