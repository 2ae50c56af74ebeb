import Testing

@testable import Statistics

@Suite struct PiecewiseConstantTests {
  /// Standard normal noise.
  static func noise(_ count: Int, _ generator: inout SplitMix64) -> [Double] {
    (0..<count).map { _ in NormalDistribution.quantile(max(generator.unitInterval(), 1e-12)) }
  }

  @Test(arguments: [(8, 0.06), (15, 0.05), (30, 0.05), (60, 0.05)])
  func `flat series seldom have a step`(count: Int, most: Double) throws {
    var generator = SplitMix64(seed: UInt64(count))
    let histories = 200
    let false_ = try (0..<histories).count { _ in
      try !#require(PiecewiseConstant(Self.noise(count, &generator), noise: 0)).steps.isEmpty
    }
    #expect(Double(false_) <= most * Double(histories), "\(false_) of \(histories)")
  }

  /// The division with the least squares among all with as many pieces, by trying them all.
  @Test(arguments: 0..<20)
  func `no other division with as many pieces fits better`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    var values = Self.noise(11, &generator)
    for index in 6..<11 { values[index] += 4 }
    let fit = try #require(PiecewiseConstant(values, noise: 1))
    func squares(_ starts: [Int]) -> Double {
      zip(starts, starts.dropFirst() + [values.count]).map { start, end in
        let mean = values[start..<end].reduce(0, +) / Double(end - start)
        return values[start..<end].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      }.reduce(0, +)
    }
    let own = squares([0] + fit.steps)
    for mask in 0..<1 << 10 where mask.nonzeroBitCount == fit.steps.count {
      #expect(own <= squares([0] + (0..<10).filter { mask >> $0 & 1 == 1 }.map { $0 + 1 }) + 1e-9)
    }
  }

  @Test func `a series without noise has its steps where they are`() throws {
    let fit = try #require(PiecewiseConstant([1, 1, 1, 1, 5, 5, 5, 5, 2, 2, 2, 2, 2], noise: 0))
    #expect(fit.steps == [4, 8])
    #expect(fit.pieces.map(\.mean) == [1, 5, 2])
    #expect(fit.predictionInterval() == ConfidenceInterval(low: 2, high: 2, level: 0.95))
  }

  @Test func `a short series takes the noise it is told`() throws {
    #expect(try #require(PiecewiseConstant([0.5, 0.3, 0.31, 0.4], noise: 0.02)).steps == [1, 3])
    #expect(try #require(PiecewiseConstant([0.5, 0.3, 0.31, 0.4], noise: 0.2)).steps.isEmpty)
    #expect(PiecewiseConstant([], noise: 1) == nil)
    #expect(PiecewiseConstant([.nan], noise: 1) == nil)
    #expect(try #require(PiecewiseConstant([1], noise: 1)).predictionInterval() == nil)
  }

  /// mean ± t₀.₉₇₅(4)·s·√(1 + 1/5) of 1, 2, 3, 4, 5, with SciPy 1.17.1.
  @Test func `the prediction interval is that of the textbook`() throws {
    let interval = try #require(PiecewiseConstant([1, 2, 3, 4, 5], noise: 10)?.predictionInterval())
    #expect(abs(interval.low - -1.8089439866284946) < 1e-12)
    #expect(abs(interval.high - 7.808943986628495) < 1e-12)
  }
}

@Suite struct BisectionTests {
  @Test(arguments: 2..<40)
  func `the first bad one is found in logarithmic time`(count: Int) throws {
    for first in 1..<count {
      var search = try #require(Bisection(count: count))
      var asked = 0
      while let next = search.next {
        search.record(next < first ? .good : .bad, of: next)
        asked += 1
      }
      #expect(search.suspects == first..<first + 1)
      #expect(1 << asked <= 4 * count)
    }
  }

  @Test func `what cannot be told leaves suspects`() throws {
    var search = try #require(Bisection(count: 8))
    while let next = search.next {
      search.record(next == 4 || next == 5 ? .skipped : next < 5 ? .good : .bad, of: next)
    }
    #expect(search.suspects == 4..<7)
    #expect(Bisection(count: 1) == nil)
  }
}
