import Statistics
import Testing

/// Expected values computed with SciPy (spec/quantization.md, section 6), printed to ten digits.
private func isPrinted(_ value: Double?, _ expected: Double, _ tolerance: Double = 5.1e-11) -> Bool {
  value.map { abs($0 - expected) <= tolerance } ?? false
}

@Suite struct `A paired sample` {
  let sample = PairedSample(
    reference: [0.41, 0.37, 0.52, 0.44, 0.39, 0.61, 0.48, 0.33, 0.57, 0.45],
    submission: [0.40, 0.38, 0.49, 0.43, 0.39, 0.55, 0.47, 0.34, 0.50, 0.44])!

  @Test func `has SciPy's mean difference and t interval`() {
    let estimate = sample.meanDifference()
    #expect(isPrinted(estimate.value, -0.018))
    #expect(isPrinted(sample.differences.standardDeviation, 0.0274064064))
    #expect(isPrinted(sample.differences.standardErrorOfMean, 0.0086666667))
    #expect(isPrinted(estimate.interval?.low, -0.0376053621))
    #expect(isPrinted(estimate.interval?.high, 0.0016053621))
    #expect(estimate.count == 10)
  }

  @Test func `has SciPy's ratio and Fieller interval`() {
    let estimate = sample.ratioOfMeans()
    #expect(isPrinted(estimate?.value, 0.9606126915))
    #expect(isPrinted(estimate?.interval?.low, 0.9270820952))
    #expect(isPrinted(estimate?.interval?.high, 1.0040428040))
  }

  @Test func `has no Fieller interval when the reference may be zero`() {
    let noise = PairedSample(reference: [1, -1, 0.5, -0.4], submission: [1, 2, 3, 4])!
    #expect(noise.fiellerInterval() == nil)
    #expect(noise.ratioOfMeans() != nil)
    #expect(PairedSample(reference: [0, 0], submission: [1, 1])!.ratioOfMeans() == nil)
    #expect(PairedSample(reference: [1], submission: [1])!.fiellerInterval() == nil)
  }

  @Test func `has a Fieller interval of one point when both are constant`() {
    let constant = PairedSample(reference: [2, 2, 2], submission: [1, 1, 1])!
    #expect(constant.fiellerInterval() == ConfidenceInterval(low: 0.5, high: 0.5, level: 0.95))
  }

  @Test func `is refused when its halves do not fit`() {
    #expect(PairedSample(reference: [1, 2], submission: [1]) == nil)
    #expect(PairedSample(reference: [], submission: []) == nil)
    #expect(PairedSample(reference: [.nan], submission: [1]) == nil)
  }

  @Test func `of one pair has a mean but no interval`() {
    let estimate = PairedSample(reference: [1], submission: [3])!.meanDifference()
    #expect(estimate == Estimate(value: 2, interval: nil, count: 1))
  }

  @Test func `with every item its own cluster has almost the unclustered interval`() {
    let plain = sample.meanDifference().interval
    let clustered = sample.meanDifference(clusters: Array(0..<10)).interval
    #expect(isPrinted(clustered?.low, plain!.low, 1e-12))
    #expect(isPrinted(clustered?.high, plain!.high, 1e-12))
  }
}

@Suite struct `Non-inferiority` {
  let sample = PairedSample(
    reference: [0.41, 0.37, 0.52, 0.44, 0.39, 0.61, 0.48, 0.33, 0.57, 0.45],
    submission: [0.40, 0.38, 0.49, 0.43, 0.39, 0.55, 0.47, 0.34, 0.50, 0.44])!

  @Test func `at 99 percent is inconclusive at the 5 percent level`() throws {
    let test = try #require(sample.nonInferiority(margin: 0.99))
    #expect(isPrinted(test.meanExcess, -0.01343))
    #expect(isPrinted(test.standardError, 0.0084026061))
    #expect(isPrinted(test.t, -1.5983136513))
    // The cookbook prints ...7898; SciPy 1.x gives 0.07221879026990038.
    #expect(isPrinted(test.pInferior, 0.0722187903))
    #expect(test.conclusion() == .inconclusive)
  }

  @Test func `at 99_9 percent is refuted`() throws {
    let test = try #require(sample.nonInferiority(margin: 0.999))
    #expect(isPrinted(test.standardError, 0.0086402105))
    #expect(isPrinted(test.t, -2.0303903420))
    #expect(isPrinted(test.pInferior, 0.0364442248))
    #expect(test.conclusion() == .refuted)
  }

  @Test func `at 95 percent is inconclusive and at 90 percent confirmed`() throws {
    let test = try #require(sample.nonInferiority(margin: 0.95))
    #expect(isPrinted(test.meanExcess, 0.00485))
    #expect(isPrinted(test.standardError, 0.0073594422))
    #expect(isPrinted(test.pNonInferior, 0.2631922652))
    #expect(test.conclusion() == .inconclusive)
    #expect(sample.nonInferiority(margin: 0.9)?.conclusion() == .confirmed)
  }

  @Test func `of identical scores is confirmed below 1 and at 1`() {
    let same = PairedSample(reference: [1, 1, 1], submission: [1, 1, 1])!
    #expect(same.nonInferiority(margin: 0.999)?.conclusion() == .confirmed)
    #expect(same.nonInferiority(margin: 1)?.conclusion() == .confirmed)
    #expect(same.nonInferiority(margin: 1.01)?.conclusion() == .refuted)
    #expect(same.nonInferiority(margin: 1.01)?.pInferior == 0)
  }

  @Test func `needs two items, or two clusters`() {
    #expect(PairedSample(reference: [1], submission: [1])!.nonInferiority(margin: 0.99) == nil)
    #expect(sample.nonInferiority(margin: 0.99, clusters: Array(repeating: "a", count: 10)) == nil)
  }
}

@Suite struct `Clustered standard error` {
  let values = [1.0, 1, 0, 1, 0, 0, 1, 1, 1, 0]
  let clusters = ["a", "a", "a", "b", "b", "c", "c", "c", "d", "d"]

  @Test func `equals Inspect's on the worked set`() {
    #expect(isPrinted(clusteredStandardError(of: values, clusters: clusters), 0.0461880215))
    #expect(isPrinted(values.standardErrorOfMean, 0.1632993162))
  }

  @Test func `is undefined for one cluster or labels that do not fit`() {
    #expect(clusteredStandardError(of: values, clusters: Array(repeating: 0, count: 10)) == nil)
    #expect(clusteredStandardError(of: values, clusters: [1, 2]) == nil)
  }
}
