import Foundation
import Testing

@testable import LanguageModels

/// Static activation ranges against NumPy and SciPy (Fixtures/Calibration/HOW-MADE.md), and SmoothQuant's factors.
@Suite struct ActivationRangeTests {
  struct Golden: Decodable, CustomTestStringConvertible {
    let name: String
    let columns: Int
    let rows: [Int]
    let values: [Float]
    let width: Double
    let bins: Int
    let counts: [[Int]]
    let percentile_99, mse, entropy: Double
    let percentile_9999: Double

    enum CodingKeys: String, CodingKey {
      case name, columns, rows, values, width, bins, counts, percentile_99, mse, entropy
      case percentile_9999 = "percentile_99.99"
    }
    var testDescription: String { name }
  }

  static let goldens = try! JSONDecoder().decode([Golden].self, from: Data(fixture("Calibration/histograms.json")))

  @Test(arguments: goldens) func `histogram and ranges equal NumPy's`(golden: Golden) {
    var histogram = ActivationHistogram()
    var first = 0
    for rows in golden.rows {
      let batch = (0..<rows).map { row in
        Array(golden.values[first + row * golden.columns..<first + (row + 1) * golden.columns])
      }
      histogram.add(batch, largest: batch.joined().reduce(0) { max($0, abs($1)) })
      first += rows * golden.columns
    }
    var counts = [Int](repeating: 0, count: golden.bins)
    for pair in golden.counts { counts[pair[0]] = pair[1] }
    #expect(histogram.counts == counts)
    #expect(histogram.width == golden.width)
    for (ours, theirs) in [
      (histogram.percentile(99), golden.percentile_99), (histogram.percentile(99.99), golden.percentile_9999),
      (histogram.leastSquares(), golden.mse), (histogram.leastDivergence(), golden.entropy),
    ] {
      #expect(abs(ours - theirs) <= 1e-12 * theirs)
    }
  }

  @Test func `inputs of zeros have a range, and a late huge value does not take all memory`() {
    var histogram = ActivationHistogram()
    histogram.add([[0, 0]], largest: 0)
    histogram.add([[1e-3, 0, -1e-3]], largest: 1e-3)
    #expect(histogram.counts[0] == 3 && histogram.counts.last == 2)
    histogram.add([[1e9]], largest: 1e9)
    #expect(histogram.counts.count <= ActivationHistogram.maximumBins)
    #expect(histogram.counts.reduce(0, +) == 6)
    #expect(histogram.counts.last == 1)
  }

  @Test func `SmoothQuant's factors by the formula`() {
    let factors = ChannelSmoothing.factors(activations: [16, 4, 0, 9], weights: [1, 0.25, 1, 0], alpha: 0.5)
    #expect(factors == [4, 4, 1e-5, Float(3 / 1e-5.squareRoot())])
    #expect(ChannelSmoothing.factors(activations: [16], weights: [4], alpha: 1) == [16])
    #expect(ChannelSmoothing.factors(activations: [16], weights: [4], alpha: 0) == [0.25])
  }
}
