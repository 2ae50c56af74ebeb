import Testing

@testable import Statistics

@Suite struct `The retained share` {
  private func allOrNothing(_ n: Int, lost: Int) throws -> RetainedShare {
    let scores = Array(repeating: 0.0, count: lost) + Array(repeating: 1, count: n - lost)
    let sample = try #require(PairedSample(reference: scores.map { _ in 1 }, submission: scores))
    return try #require(RetainedShare(sample, isBounded: true))
  }

  @Test(arguments: Golden.all.share.indices)
  func `of all-or-nothing scores has the exact binomial p and Jeffreys' interval`(index: Int) throws {
    let row = Golden.all.share[index]
    let share = try allOrNothing(row.n, lost: row.lost)
    // The saddlepoint's own error is about two percent of the smaller tail.
    #expect(abs(share.pReaches(0.9) - row.reaches) <= 0.025 * min(row.reaches, 1 - row.reaches) + 1e-9)
    if row.lost > 0 {
      #expect(abs(share.pMisses(0.9) - row.misses) <= 0.025 * min(row.misses, 1 - row.misses) + 1e-9)
    }
    let interval = try #require(share.interval())
    let width = row.jeffreys[1] - row.jeffreys[0]
    #expect(abs(interval.low - row.jeffreys[0]) <= 0.015 * width, "\(interval) \(row.jeffreys)")
    #expect(abs(interval.high - row.jeffreys[1]) <= 0.015 * width, "\(interval) \(row.jeffreys)")
  }

  @Test func `without a loss follows the rule of three`() throws {
    for n in [20, 100, 368] {
      let p = try allOrNothing(n, lost: 0).pReaches(0.99)
      var exact = 1.0
      for _ in 0..<n { exact *= 0.99 }
      #expect(abs(p / exact - 1) < 0.025)
    }
    // ln 0.025 / ln 0.99 = 367.03
    #expect(try allOrNothing(380, lost: 0).pReaches(0.99) < 0.025)
    #expect(try allOrNothing(355, lost: 0).pReaches(0.99) > 0.025)
  }

  @Test func `agrees with the t test on large samples without skewness`() throws {
    var generator = SplitMix64(seed: 3)
    let reference = (0..<20_000).map { _ in 0.4 + 0.2 * generator.unitInterval() }
    let submission = reference.map { $0 * (0.98 + 0.02 * generator.unitInterval()) }
    let sample = try #require(PairedSample(reference: reference, submission: submission))
    let share = try #require(RetainedShare(sample))
    let fieller = try #require(sample.fiellerInterval())
    let interval = try #require(share.interval())
    let width = fieller.high - fieller.low
    // What is left is the two pseudo-observations, of total loss and total gain.
    #expect(abs((interval.low + interval.high - fieller.low - fieller.high) / 2) < 0.02 * width)
    #expect(interval.high - interval.low >= width)
  }

  @Test(arguments: 0..<50)
  func `lies inside its interval, which widens with the level and the clusters`(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let n = 2 + generator.index(below: 60)
    let reference = (0..<n).map { _ in generator.unitInterval() }
    let submission = reference.map { generator.index(below: 3) == 0 ? $0 : $0 * generator.unitInterval() }
    let sample = try #require(PairedSample(reference: reference, submission: submission))
    let share = try #require(RetainedShare(sample))
    let narrow = try #require(share.interval(level: 0.8))
    let wide = try #require(share.interval(level: 0.99))
    #expect(wide.low < narrow.low && narrow.low < share.value && share.value < narrow.high && narrow.high < wide.high)
    #expect(share.pReaches(0.2) <= share.pReaches(0.5) && share.pReaches(0.5) <= share.pReaches(0.99))
    let clusters = (0..<n).map { "c\($0 % 3)" }
    if let clustered = RetainedShare(sample, clusters: clusters)?.interval(level: 0.8) {
      #expect(clustered.low <= narrow.low && clustered.high >= narrow.high)
    }
  }

  @Test func `says how many items a claim needs`() throws {
    // With 80 % power and nothing lost: 0.99^n = Φ(z.025 - z.8) = 0.00254, n = 594.
    let needed = try #require(try allOrNothing(40, lost: 0).itemsNeeded(reaching: 0.99, alpha: 0.025))
    #expect(abs(needed - 594) < 12)
    #expect(try allOrNothing(40, lost: 1).itemsNeeded(reaching: 0.99, alpha: 0.025) == nil)
    // For many scores without skewness it is the usual formula.
    let half = (0..<400).map { Double($0 % 2) }
    let sample = try #require(PairedSample(reference: half.map { _ in 1 }, submission: half.map { 0.5 + 0.1 * $0 }))
    let items = try #require(RetainedShare(sample, isBounded: true)?.itemsNeeded(missing: 0.551, alpha: 0.025))
    let formula = SampleSize.nonInferiority(deviation: 0.05, distance: 0.001, alpha: 0.025)
    #expect(abs(Double(items) / formula - 1) < 0.1)
  }

  @Test func `needs a reference that scores, and two items`() throws {
    let zero = try #require(PairedSample(reference: [0, 0], submission: [1, 1]))
    #expect(RetainedShare(zero) == nil)
    #expect(RetainedShare(PairedSample(reference: [1], submission: [1])!) == nil)
    let two = try #require(PairedSample(reference: [1, 1], submission: [1, 0]))
    #expect(RetainedShare(two, clusters: ["a", "a"]) == nil)
  }

  @Test func `survives extremes`() throws {
    for (r, q) in [([1.0, 1], [0.0, 0]), ([1, 1e-12], [1, 0]), ([1e-9, 1], [1, 1e-9]), ([1, 1], [100, 200])] {
      let share = try #require(RetainedShare(PairedSample(reference: r, submission: q)!))
      let interval = try #require(share.interval())
      #expect(interval.low.isFinite && interval.high.isFinite && interval.low <= interval.high)
      #expect((0...1).contains(share.pReaches(0.99)) && (0...1).contains(share.pMisses(0.99)))
    }
  }
}

@Suite struct `Betting` {
  @Test func `wins by what is observed, whatever the order`() {
    var (one, other) = (BettingTest(bound: 0.99), BettingTest(bound: 0.99))
    let values = (0..<200).map { $0 % 7 == 0 ? -0.05 : 0.01 }
    for value in values { one.add(value) }
    for value in values.reversed() { other.add(value) }
    #expect(abs(one.logWealth - other.logWealth) < 1e-9)
    #expect(abs(BettingTest(bound: 1).p - 1) < 1e-12)
  }

  @Test func `confirms lossless items not before the rule of three`() throws {
    let p = { (n: Int) in
      PairedSample(reference: Array(repeating: 1, count: n), submission: Array(repeating: 1, count: n))!
        .sequentialShare(limit: 0.99, isBounded: true).pReaches
    }
    #expect(p(368) > 0.025)
    #expect(p(540) < 0.025)
  }

  @Test func `is not ruined more often than alpha, at any time`() {
    // A fair game with rare total losses: mean of e is 0.
    let (alpha, games, length) = (0.05, 400, 600)
    var generator = SplitMix64(seed: 11)
    let crossings = (0..<games).count { _ in
      var test = BettingTest(bound: 0.99)
      for _ in 0..<length {
        test.add(generator.unitInterval() < 0.01 ? -0.99 : 0.01)
        if test.p <= alpha { return true }
      }
      return false
    }
    #expect(Double(crossings) / Double(games) <= alpha + 2.5 * (alpha * (1 - alpha) / Double(games)).squareRoot())
  }

  @Test func `gives an interval that holds the share and shrinks`() throws {
    var generator = SplitMix64(seed: 4)
    var widths: [Double] = []
    for n in [50, 400] {
      let q = (0..<n).map { _ in generator.unitInterval() < 0.3 ? generator.unitInterval() : 1 }
      let sample = try #require(PairedSample(reference: q.map { _ in 1 }, submission: q))
      let interval = try #require(sample.sequentialInterval(isBounded: true))
      #expect(interval.contains(0.85))
      let fixed = try #require(RetainedShare(sample, isBounded: true)?.interval())
      #expect(interval.low < fixed.low && interval.high > fixed.high)
      widths.append(interval.high - interval.low)
    }
    #expect(widths[1] < widths[0])
  }
}
