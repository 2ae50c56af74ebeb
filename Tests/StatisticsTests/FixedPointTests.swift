import Foundation
import Statistics
import Testing

@Suite struct `Fixed-point numbers` {
  @Test(arguments: 0..<300)
  func `are printed as C prints them`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let magnitude = Double(sign: .plus, exponent: generator.index(below: 120) - 60, significand: 1)
    let value = (generator.unitInterval() * 2 - 1) * magnitude
    for decimals in [0, 1, 2, 3, 6, 12] {
      #expect(value.fixedPoint(decimals) == String(format: "%.\(decimals)f", value))
    }
  }

  @Test(arguments: [0.5, 1.5, 2.5, 0.125, 0.375, -0.5, 0.25, 1e15 + 0.5, -0.0, 99.995, 0.005, 1e-300, 1e308, 0x1p63])
  func `round exact ties to even`(value: Double) {
    for decimals in 0...4 { #expect(value.fixedPoint(decimals) == String(format: "%.\(decimals)f", value)) }
  }

  @Test func `name what is not finite`() {
    #expect(Double.infinity.fixedPoint(2) == "inf")
    #expect((-Double.infinity).fixedPoint(2) == "-inf")
    #expect(Double.nan.fixedPoint(2) == "nan")
  }
}
