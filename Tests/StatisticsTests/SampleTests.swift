import Statistics
import Testing

@Suite struct `Moments` {
  @Test func `of small samples are undefined rather than zero`() {
    #expect([Double]().mean == nil)
    #expect([1.0].standardDeviation == nil)
    #expect([1.0].standardErrorOfMean == nil)
    #expect(covariance([1], [2]) == nil)
    #expect(covariance([1, 2], [2]) == nil)
  }

  @Test func `do not lose small values beside large ones`() {
    #expect([1e16, 1, -1e16, 1].mean == 0.5)
    #expect([1e9 + 1, 1e9 + 2, 1e9 + 3].standardDeviation == 1)
  }

  @Test func `keep infinities`() { #expect([1, Double.infinity].mean == .infinity) }

  @Test func `have a covariance that is the variance for equal samples`() {
    #expect(covariance([1, 2, 4], [1, 2, 4]) == [1.0, 2, 4].variance)
  }
}

@Suite struct `Quantiles of type 7` {
  @Test(arguments: [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.75, 3.25), (1, 4)])
  func `interpolate linearly, as NumPy does`(share: Double, value: Double) {
    #expect(Quantiles([4, 2, 1, 3])?[share] == value)
  }

  @Test func `of one value are that value`() { #expect(Quantiles([7])?[0.3] == 7) }

  @Test func `of nothing, or of NaN, do not exist`() {
    #expect(Quantiles([]) == nil)
    #expect(Quantiles([1, .nan]) == nil)
  }

  @Test func `clamp shares outside 0 to 1`() {
    #expect(Quantiles([1, 2])?[-1] == 1)
    #expect(Quantiles([1, 2])?[2] == 2)
  }
}

@Suite struct `The SplitMix64 generator` {
  @Test func `has the published stream of seed 1234567`() {
    // First values of Vigna's splitmix64.c, as listed for this seed at rosettacode.org, "Pseudo-random numbers/Splitmix64".
    var generator = SplitMix64(seed: 1_234_567)
    let first = (0..<5).map { _ in generator.next() }
    #expect(
      first == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test func `draws every index about equally often`() {
    var generator = SplitMix64(seed: 1)
    var counts = Array(repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.index(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
  }

  @Test func `draws from the unit interval`() {
    var generator = SplitMix64(seed: 2)
    let values = (0..<10_000).map { _ in generator.unitInterval() }
    #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
    #expect(abs(values.mean! - 0.5) < 0.02)
  }
}
