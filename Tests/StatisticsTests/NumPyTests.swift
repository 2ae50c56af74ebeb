import Statistics
import Testing

/// Expected values from numpy 2.4.6.
@Suite struct `NumPy's numbers` {
  @Test func `come from the same Mersenne Twister`() {
    // np.random.seed(5489); np.random.randint(0, 2**32, 3, dtype=np.uint32)
    var generator = MersenneTwister(seed: 5489)
    #expect((0..<3).map { _ in generator.next() } == [3_499_211_612, 581_869_302, 3_890_346_734])
  }

  @Test func `are drawn as indices by masking and rejecting`() {
    // np.random.seed(12); np.random.choice(np.arange(5), size=12)
    var generator = MersenneTwister(seed: 12)
    #expect((0..<12).map { _ in generator.index(below: 5) } == [3, 3, 1, 2, 3, 3, 4, 0, 1, 4, 1, 2])
  }

  @Test func `are drawn without cost from a single choice`() {
    var generator = MersenneTwister(seed: 1)
    let untouched = generator.next()
    generator = MersenneTwister(seed: 1)
    #expect(generator.index(below: 1) == 0)
    #expect(generator.next() == untouched)
  }

  @Test(arguments: [(28.61625, 28.6162), (0.5, 0.5), (-1.00005, -1.0001), (44.431249999, 44.4312), (2.00015, 2.0002)])
  func `are rounded after scaling, halves to even`(value: Double, rounded: Double) {
    #expect(NumPy.round(value, decimals: 4) == rounded)
  }

  @Test(arguments: [
    (1, 0.0), (7, 0.40223700976922), (8, 0.4692765113974232), (9, 0.5045699812795948), (100, 0.5040535183349851),
    (128, 0.503972063924678), (129, 0.5046442482771337), (1000, 0.5001764122893955), (4321, 0.49949551467938746),
  ])
  func `are averaged by pairwise summation`(count: Int, mean: Double) {
    // np.mean([((i * 7919) % 1009) / 1009 for i in range(count)])
    let values = (0..<count).map { Double(($0 * 7919) % 1009) / 1009 }
    #expect(NumPy.mean(values) == mean)
  }

  @Test func `have no mean of nothing`() { #expect(NumPy.mean([]) == nil) }
}
