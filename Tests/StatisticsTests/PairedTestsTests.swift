import Statistics
import Testing

/// Worked values of spec/quantization.md, section 6, made with SciPy; then SciPy on random samples.
@Suite struct `Wilcoxon's signed-rank test` {
  @Test func `is exact for few distinct differences`() throws {
    let test = try #require(WilcoxonSignedRank([1.1, -0.4, 2.3, 0.7, -1.5, 3.2, 0.9, 1.8]))
    #expect(test.statistic == 6)
    #expect(test.isExact)
    #expect(test.p == 0.109375)
  }

  @Test func `corrects the normal approximation for ties`() throws {
    let differences = [-0.01, 0.01, -0.03, -0.01, 0, -0.06, -0.01, 0.01, -0.07, -0.01]
    let plain = try #require(WilcoxonSignedRank(differences))
    #expect(plain.statistic == 7)
    #expect(!plain.isExact)
    #expect(isClose(plain.p, 0.0580400502, 5.1e-11))
    #expect(isClose(WilcoxonSignedRank(differences, isContinuityCorrected: true)?.p, 0.0666163700, 5.1e-11))
  }

  @Test(arguments: Golden.all.paired.indices)
  func `agrees with SciPy`(index: Int) throws {
    let row = Golden.all.paired[index]
    for (golden, isCorrected) in [(row.wilcoxon_plain, false), (row.wilcoxon_corrected, true)] {
      let test = try #require(WilcoxonSignedRank(row.differences, isContinuityCorrected: isCorrected))
      #expect(test.statistic == golden.statistic)
      #expect(isClose(test.p, golden.p), "\(test) \(golden)")
    }
  }

  @Test func `needs a difference`() {
    #expect(WilcoxonSignedRank([0, 0]) == nil)
    #expect(WilcoxonSignedRank([]) == nil)
    #expect(WilcoxonSignedRank([.nan]) == nil)
    #expect(WilcoxonSignedRank([3])?.p == 1)
  }
}

@Suite struct `The sign-flip test` {
  @Test(arguments: Golden.all.paired.filter { $0.sign_flip != nil }.indices)
  func `is exact for few differences, as SciPy's permutation test`(index: Int) throws {
    let row = Golden.all.paired.filter { $0.sign_flip != nil }[index]
    let test = try #require(SignFlipTest(row.differences))
    #expect(test.isExact)
    #expect(isClose(test.p, row.sign_flip!))
  }

  @Test func `draws patterns for many differences, near the t test for normal ones`() throws {
    let row = try #require(Golden.all.paired.first { $0.kind == "normal" && $0.differences.count == 120 })
    let test = try #require(SignFlipTest(row.differences, draws: 20_000, seed: 7))
    #expect(!test.isExact)
    #expect(abs(test.p - row.t.p) < 0.01)
    #expect(SignFlipTest(row.differences, draws: 20_000, seed: 7) == test)
  }

  @Test func `never gives 0, and 1 when nothing differs`() {
    #expect(SignFlipTest([Double](repeating: 1, count: 100), draws: 999)?.p == 0.001)
    #expect(SignFlipTest([0, 0, 0])?.p == 1)
    #expect(SignFlipTest([]) == nil)
  }
}

@Suite struct `t intervals and equivalence` {
  @Test(arguments: Golden.all.paired.indices)
  func `agree with SciPy's one-sample t tests`(index: Int) throws {
    let row = Golden.all.paired[index]
    let sample = try #require(
      PairedSample(reference: row.differences.map { _ in 0 }, submission: row.differences))
    #expect(isClose(sample.meanDifference().interval?.low, row.t.low))
    #expect(isClose(sample.meanDifference().interval?.high, row.t.high))
    let test = try #require(Equivalence(row.differences, margin: row.equivalence.margin))
    #expect(isClose(test.pLower, row.equivalence.lower))
    #expect(isClose(test.pUpper, row.equivalence.upper))
    #expect(test.p == max(test.pLower, test.pUpper))
  }

  @Test func `equivalence at 5 percent is the 90 percent interval inside the margins`() throws {
    for row in Golden.all.paired {
      let sample = try #require(PairedSample(reference: row.differences.map { _ in 0 }, submission: row.differences))
      let interval = try #require(sample.meanDifference(level: 0.9).interval)
      let test = try #require(Equivalence(row.differences, margin: 0.03))
      #expect((test.p < 0.05) == (interval.low > -0.03 && interval.high < 0.03))
    }
    #expect(Equivalence([1], margin: 1) == nil)
    #expect(Equivalence([1, 2], margin: 0) == nil)
  }
}

@Suite struct `McNemar's test` {
  @Test(
    arguments: [
      (5, 14, 0.0635681152, 0.0413894653), (2, 3, 1, 0.6875), (30, 48, 0.0535443922, 0.0421654439),
      (0, 6, 0.03125, 0.015625),
    ] as [(Int, Int, Double, Double)])
  func `has the worked values`(lost: Int, gained: Int, exact: Double, mid: Double) {
    let test = McNemar(lost: lost, gained: gained)
    #expect(isClose(test.exactP, exact, 5.1e-11))
    // The source cuts .04216544399 to ten digits instead of rounding it.
    #expect(isClose(test.midP, mid, 1e-10))
  }

  @Test func `has the worked chi square`() {
    let test = McNemar(lost: 5, gained: 14)
    #expect(isClose(test.chiSquare, 3.3684210526, 5.1e-11))
    #expect(isClose(test.chiSquareP, 0.0664574200, 5.1e-11))
  }

  @Test(arguments: Golden.all.mcnemar.indices)
  func `agrees with SciPy's binomial test`(index: Int) {
    let row = Golden.all.mcnemar[index]
    let test = McNemar(lost: row.lost, gained: row.gained)
    #expect(isClose(test.exactP, row.exact))
    #expect(isClose(test.midP, row.mid))
    #expect(isClose(test.chiSquare, row.chi_square))
    #expect(isClose(test.chiSquareP, row.chi_square_p))
    #expect(isClose(test.worseP, row.worse))
  }

  @Test func `says nothing when nothing changed sides`() {
    let test = McNemar(lost: 0, gained: 0)
    #expect(test.exactP == 1)
    #expect(test.midP == 1)
    #expect(test.chiSquareP == 1)
    #expect(test.worseP == 1)
  }
}

@Suite struct `The Mann-Whitney test` {
  @Test func `has the worked value`() throws {
    let test = try #require(MannWhitney([1.1, 2.3, 3.1, 4.8], [2.9, 5.2, 6.1, 7.7, 8.0]))
    #expect(test.statistic == 2)
    #expect(isClose(test.p, 0.0634920635, 5.1e-11))
    #expect(test.superiority == 0.1)
  }

  @Test(arguments: Golden.all.mann_whitney.indices)
  func `agrees with SciPy`(index: Int) throws {
    let row = Golden.all.mann_whitney[index]
    let test = try #require(MannWhitney(row.first, row.second))
    #expect(test.statistic == row.statistic)
    #expect(isClose(test.p, row.p), "\(test) \(row.p)")
  }

  @Test func `of equal values says nothing`() {
    #expect(MannWhitney([1, 1, 1], [1, 1])?.p == 1)
    #expect(MannWhitney([], [1]) == nil)
  }
}
