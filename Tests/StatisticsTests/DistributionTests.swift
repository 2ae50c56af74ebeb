import Statistics
import Testing

@Suite struct `The normal distribution` {
  @Test(arguments: [
    (0.8, 0.841621234), (0.9, 1.281551566), (0.95, 1.644853627), (0.975, 1.959963985), (0.99, 2.326347874),
    (0.995, 2.575829304),
  ])
  func `has SciPy's quantiles`(p: Double, z: Double) {
    #expect(abs(NormalDistribution.quantile(p) - z) <= 5.1e-10)
    #expect(abs(NormalDistribution.quantile(1 - p) + z) <= 5.1e-10)
  }

  @Test(arguments: [1e-300, 1e-20, 1e-6, 0.01, 0.3, 0.5, 0.7, 0.999])
  func `has quantiles that invert its distribution function`(p: Double) {
    #expect(abs(NormalDistribution.cumulative(NormalDistribution.quantile(p)) / p - 1) < 1e-12)
  }

  @Test func `has no quantile outside 0 to 1`() {
    #expect(NormalDistribution.quantile(0) == -.infinity)
    #expect(NormalDistribution.quantile(1) == .infinity)
    #expect(NormalDistribution.quantile(-0.1).isNaN)
    #expect(NormalDistribution.quantile(.nan).isNaN)
  }
}

@Suite struct `Student's t` {
  @Test(arguments: [
    (0.975, 1, 12.706205), (0.975, 4, 2.776445), (0.975, 9, 2.262157), (0.95, 9, 1.833113), (0.975, 29, 2.045230),
    (0.977, 24, 2.104415), (0.975, 99, 1.984217),
  ])
  func `has SciPy's quantiles`(p: Double, degreesOfFreedom: Double, t: Double) {
    #expect(abs(StudentT(degreesOfFreedom: degreesOfFreedom).quantile(p) - t) <= 5.1e-7)
  }

  @Test func `has SciPy's two-sided p of the worked set`() {
    let tails = 2 * StudentT(degreesOfFreedom: 9).survival(2.0769230769)
    #expect(abs(tails - 0.0676014631) < 1e-9)
  }

  @Test(arguments: [1.0, 2, 7.5, 30, 1e4, 1e6])
  func `has quantiles that invert its distribution function`(degreesOfFreedom: Double) {
    let t = StudentT(degreesOfFreedom: degreesOfFreedom)
    for p in [1e-10, 0.001, 0.2, 0.49, 0.5, 0.6, 0.9999] {
      #expect(abs(t.cumulative(t.quantile(p)) / p - 1) < 1e-11)
    }
  }

  @Test func `with one degree of freedom is Cauchy's, whose quantiles are tangents`() {
    let t = StudentT(degreesOfFreedom: 1)
    #expect(abs(t.quantile(0.75) - 1) < 1e-14)
    #expect(abs(t.cumulative(1) - 0.75) < 1e-14)
  }

  @Test func `approaches the normal distribution`() {
    let t = StudentT(degreesOfFreedom: 1e7)
    #expect(abs(t.quantile(0.975) - NormalDistribution.quantile(0.975)) < 1e-6)
  }

  @Test func `ends at infinity`() {
    let t = StudentT(degreesOfFreedom: 3)
    #expect(t.cumulative(.infinity) == 1)
    #expect(t.cumulative(-.infinity) == 0)
    #expect(t.quantile(1) == .infinity)
    #expect(t.quantile(2).isNaN)
  }
}
