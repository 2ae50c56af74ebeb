import Statistics
import Testing

@Suite struct `Proportions` {
  @Test(
    arguments: [(97, 100, 0.9154806357, 0.9897454760), (10, 10, 0.7224672001, 1), (0, 20, 0, 0.1611251581)]
      as [(Int, Int, Double, Double)])
  func `have the worked Wilson intervals`(successes: Int, trials: Int, low: Double, high: Double) throws {
    let interval = try #require(Proportion(successes: successes, trials: trials)).wilson()
    #expect(isClose(interval.low, low, 5.1e-11))
    #expect(isClose(interval.high, high, 5.1e-11))
  }

  @Test(arguments: Golden.all.wilson.indices)
  func `have SciPy's Wilson intervals`(index: Int) throws {
    let row = Golden.all.wilson[index]
    let interval = try #require(Proportion(successes: row.successes, trials: row.trials)).wilson()
    #expect(isClose(interval.low, row.low))
    #expect(isClose(interval.high, row.high))
  }

  @Test func `have bounds and a standard error`() {
    #expect(Proportion(successes: 3, trials: 2) == nil)
    #expect(Proportion(successes: 0, trials: 0) == nil)
    #expect(Proportion(successes: 1, trials: 4)?.standardError == 0.21650635094610965)
    #expect(Proportion.ruleOfThree(trials: 300) == 0.01)
  }
}

@Suite struct `Many tests` {
  let p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]

  @Test func `are adjusted as in the worked set, in any order`() {
    let bh = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.1057142857, 0.216, 0.216, 0.216]
    let holm = [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615]
    #expect(zip(MultipleTests.benjaminiHochberg(p), bh).allSatisfy { isClose($0, $1, 5.1e-11) })
    #expect(zip(MultipleTests.holm(p), holm).allSatisfy { isClose($0, $1, 5.1e-11) })
    #expect(zip(MultipleTests.holm(p.reversed()), holm.reversed()).allSatisfy { isClose($0, $1, 5.1e-11) })
  }

  @Test(arguments: Golden.all.adjusted.indices)
  func `are adjusted as by SciPy`(index: Int) {
    let row = Golden.all.adjusted[index]
    #expect(zip(MultipleTests.benjaminiHochberg(row.p), row.bh).allSatisfy { isClose($0, $1) })
    #expect(zip(MultipleTests.holm(row.p), row.holm).allSatisfy { isClose($0, $1) })
  }

  @Test func `of none are none`() { #expect(MultipleTests.holm([]).isEmpty) }
}

@Suite struct `Sample sizes` {
  @Test func `have the worked values`() {
    #expect(abs(SampleSize.paired(deviation: 0.35, difference: 0.03) - 1068.32) < 0.005)
    #expect(abs(SampleSize.nonInferiority(deviation: 0.05, distance: 0.01) - 154.56) < 0.005)
  }

  @Test func `of Miller without repeated samples are the paired ones, and invert the detectable difference`() {
    let paired = SampleSize.paired(deviation: 0.35, difference: 0.03)
    let questions = SampleSize.questions(betweenVariance: 0.1225, withinVariances: (0, 0), difference: 0.03)
    #expect(isClose(questions, paired))
    #expect(isClose(SampleSize.detectableDifference(deviation: 0.35, count: paired), 0.03))
    #expect(SampleSize.questions(betweenVariance: 0.1, withinVariances: (0.05, 0.05), difference: 0.03) > questions)
  }
}

@Suite struct `Confidence sequences` {
  @Test func `have the worked radius`() {
    let sequence = ConfidenceSequence(alpha: 0.05, tightestAt: 100)
    #expect(isClose(sequence.rhoSquared, 0.0793615460, 5.1e-11))
    #expect(isClose(sequence.radius(count: 100), 0.3035208990, 5.1e-11))
    #expect(isClose(sequence.radius(count: 1000), 0.1025122868, 5.1e-11))
  }

  @Test func `are wider than the t interval at one size`() throws {
    let values = [0.1, 0.4, 0.35, 0.8, 0.2, 0.5]
    let interval = try #require(ConfidenceSequence(tightestAt: 6).interval(of: values))
    let zeros = values.map { _ in 0.0 }
    let t = try #require(PairedSample(reference: zeros, submission: values)?.meanDifference().interval)
    #expect(interval.low < t.low && interval.high > t.high)
    #expect(ConfidenceSequence(tightestAt: 6).interval(of: [1]) == nil)
  }
}

@Suite struct `Effect sizes` {
  @Test func `are in units of the differences, of the reference and of items`() throws {
    let sample = try #require(PairedSample(reference: [1, 2, 3, 4], submission: [1, 1, 2, 5]))
    // Differences 0, -1, -1, 1: mean -1/4, variance 11/12.
    #expect(isClose(sample.standardizedDifference, -0.25 / (11.0 / 12).squareRoot(), 1e-15))
    #expect(sample.relativeChange == -0.1)
    #expect(sample.superiority == 0.375)
    #expect(PairedSample(reference: [0, 0], submission: [1, 1])?.relativeChange == nil)
    #expect(PairedSample(reference: [0, 0], submission: [1, 1])?.standardizedDifference == nil)
  }
}

@Suite struct `The paired bootstrap` {
  @Test(arguments: Golden.all.bootstrap.indices)
  func `draws and interpolates as its Python twin`(index: Int) throws {
    let row = Golden.all.bootstrap[index]
    let sample = try #require(PairedSample(reference: row.reference, submission: row.submission))
    let seed = try #require(UInt64(row.seed))
    let bootstrap = try #require(PairedBootstrap([sample], clusters: row.clusters, draws: row.draws, seed: seed))
    for (method, ends) in [(PairedBootstrap.Method.percentile, row.percentile), (.bca, row.bca)] {
      let interval = try #require(bootstrap.ratioInterval(0, method: method))
      #expect(isClose(interval.low, ends[0]), "\(method)")
      #expect(isClose(interval.high, ends[1]), "\(method)")
    }
  }

  @Test func `does not depend on threads, nor on the metrics beside one`() throws {
    let row = try #require(Golden.all.bootstrap.first { $0.clusters == nil })
    let sample = try #require(PairedSample(reference: row.reference, submission: row.submission))
    let alone = try #require(PairedBootstrap([sample], draws: 300, seed: 5))
    for pieces in [1, 3, 7] {
      let together = try #require(
        PairedBootstrap(Array(repeating: sample, count: 6), draws: 300, seed: 5, pieces: pieces))
      #expect(together.ratios(5) == alone.ratios(0))
    }
  }

  @Test func `of scores that never vary is a point, and of nothing does not exist`() throws {
    let same = try #require(PairedSample(reference: [1, 1, 1], submission: [1, 1, 1]))
    let interval = PairedBootstrap([same], draws: 50)?.ratioInterval(0)
    #expect(interval == ConfidenceInterval(low: 1, high: 1, level: 0.95))
    #expect(PairedBootstrap([]) == nil)
    let zero = try #require(PairedSample(reference: [0, 1], submission: [1, 1]))
    #expect(PairedBootstrap([zero], draws: 200)?.ratioInterval(0) == nil)
  }
}
