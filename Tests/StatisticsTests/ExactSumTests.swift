import Statistics
import Testing

@Suite struct `An exact sum` {
  @Test func `of nothing has no mean`() {
    #expect(ExactSum().mean == nil)
    #expect(ExactSum().value == 0)
  }

  @Test(arguments: 0..<16)
  func `depends neither on the order nor on the split`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let values = (0..<1000).map { _ in Double.random(in: 0...1, using: &generator) }
    var whole = ExactSum()
    for value in values { whole.add(value) }
    var parts = Array(repeating: ExactSum(), count: 7)
    for value in values.shuffled(using: &generator) { parts[Int.random(in: 0..<7, using: &generator)].add(value) }
    var sum = ExactSum()
    for part in parts { sum += part }
    #expect(sum == whole)
    #expect(sum.count == 1000)
    #expect(abs(sum.value - values.compensatedSum) <= 1e-13)
  }

  @Test func `adds tenths to the nearest double`() {
    var sum = ExactSum()
    for _ in 0..<10 { sum.add(0.1) }
    #expect(sum.value == 1)
    #expect(sum.mean == 0.1)
  }

  @Test(arguments: [0, 1, 100, 0x1p31, 0x1p-36, 1.0 / 3, .leastNonzeroMagnitude, 0x1p-89, 0x1.fp-120])
  func `of one number is that number, to 2^-89`(value: Double) {
    var sum = ExactSum()
    sum.add(value)
    #expect(abs(sum.value - value) <= 0x1p-89)
    if value == 0 || value >= 0x1p-36 { #expect(sum.value == value) }
  }
}
