/// A number measured on a sample, with the interval that says how far the sample determines it.
///
/// A bare number never travels: what was measured on how many items, and how sure it is, go with it.
package struct Estimate: Hashable, Sendable, Codable {
  package let value: Double
  /// Where the true value lies with the confidence `level`; `nil` when the sample is too small to say.
  package let interval: ConfidenceInterval?
  /// How many items were measured.
  package let count: Int

  package init(value: Double, interval: ConfidenceInterval?, count: Int) {
    self.value = value
    self.interval = interval
    self.count = count
  }
}

/// A range that covers the true value in a share `level` of all samples.
package struct ConfidenceInterval: Hashable, Sendable, Codable {
  package let low: Double
  package let high: Double
  /// Between 0 and 1, usually 0.95.
  package let level: Double

  package init(low: Double, high: Double, level: Double) {
    self.low = low
    self.high = high
    self.level = level
  }

  package func contains(_ value: Double) -> Bool { low <= value && value <= high }
}
