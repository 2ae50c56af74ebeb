import Statistics
import Testing

@testable import Analysis

/// Histories of releases whose noise is that of the real demo: in every release a few prompts give another answer, with
/// another score, as one of 42 does under FP16. INT8 runs themselves are the same on every kernel of BLAS.
@Suite struct TrendTests {
  /// 60 releases, and the standard deviation of their means in points.
  static func history(seed: UInt64, steps: [Int: Double]) -> (releases: [Release], deviation: Double) {
    var generator = SplitMix64(seed: seed)
    var level = [Double](repeating: 0, count: Noise.blessed.count)
    let releases = (0..<60).map { index -> Release in
      if let size = steps[index] {
        // Half of the prompts carry the step.
        var moved: [Int] = generator.permutation(of: level.count)
        moved.removeLast(level.count / 2)
        for prompt in moved { level[prompt] += size / 100 * Double(level.count) / Double(moved.count) }
      }
      let scores = Noise.blessed.indices.map { prompt in
        (generator.unitInterval() < Noise.rate ? Noise.other : Noise.blessed)[prompt] + level[prompt]
      }
      return RegressionTests.release(scores, name: "r\(index)", sequence: index + 1)
    }
    // A prompt's variance is p(1 - p)(a - b)².
    let squares = zip(Noise.blessed, Noise.other).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    let variance = Noise.rate * (1 - Noise.rate) * squares
    return (releases, variance.squareRoot() / Double(Noise.blessed.count) * 100)
  }

  @Test func `flat histories have no step in 95 of 100`() throws {
    let wrong = try (0..<200).count { seed in
      let history = Self.history(seed: UInt64(seed), steps: [:]).releases
      return try !#require(Trend(RegressionTests.metric, of: "int8", in: history)).steps.isEmpty
    }
    #expect(wrong <= 10, "\(wrong) of 200")
  }

  static let planted: [Int: Double] = [9: -2.0, 18: 1.5, 27: -1.0, 36: 2.0, 45: -0.2, 52: -1.8]

  @Test func `planted steps of three sigma are found within one release in 9 of 10`() throws {
    var (planted, found) = (0, 0)
    for seed in 0..<40 {
      let (releases, deviation) = Self.history(seed: UInt64(1000 + seed), steps: Self.planted)
      let trend = try #require(Trend(RegressionTests.metric, of: "int8", in: releases))
      let steps = trend.steps.compactMap { Int($0.release.dropFirst()) }
      for (release, size) in Self.planted where abs(size) >= 3 * deviation {
        planted += 1
        if steps.contains(where: { abs($0 - release) <= 1 }) { found += 1 }
      }
      for step in trend.steps { #expect(!step.prompts.isEmpty) }
    }
    #expect(planted >= 80)
    #expect(found * 10 >= planted * 9, "\(found) of \(planted)")
  }

  @Test func `a step names its release and its prompts`() throws {
    var scores = RegressionTests.uniform(40, seed: 1)
    var releases = (1...3).map { RegressionTests.release(scores, name: "1.\($0)", sequence: $0) }
    scores[7] -= 0.6
    for prompt in 20..<36 { scores[prompt] -= 0.3 }
    releases += (4...6).map { RegressionTests.release(scores, name: "1.\($0)", sequence: $0) }
    let trend = try #require(Trend.all(releases.shuffled()).first)
    #expect(trend.steps.map(\.release) == ["1.4"])
    #expect(trend.steps[0].prompts.first?.id == "p1007")
    #expect(!trend.steps[0].isImprovement)
    #expect(trend.sparkline == "███▁▁▁")
    let mean = scores.reduce(0, +) / 40
    #expect(abs(try #require(trend.prediction).low - mean) < 1e-9)
    #expect(trend.svg.contains("<title>1.4: "))
    #expect(trend.svg.hasSuffix("</svg>\n"))
    #expect(Trend(RegressionTests.metric, of: "int8", in: [releases[0]]) == nil)
  }
}
