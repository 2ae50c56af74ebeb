/// A sum of numbers from 0 to 2^32 that depends neither on their order nor on how they were split among threads.
///
/// Fixed point in 128 bits, in units of 2^-88: numbers from 2^-36 on are added exactly, smaller ones to the nearest unit.
/// Enough for 2^7 numbers of the largest size, 2^32 of the size of a percentage.
package struct ExactSum: Hashable, Sendable {
  private var units: UInt128 = 0
  package private(set) var count = 0

  package init() {}

  package mutating func add(_ value: Double) {
    precondition(value >= 0 && value < 0x1p32, "\(value) is outside 0..<2^32")
    count += 1
    if value == 0 { return }
    // value = significand / 2^52 * 2^exponent
    let significand = UInt128(value.significandBitPattern | (value.isNormal ? 1 << 52 : 0))
    let shift = 88 - 52 + Int(value.exponent)
    if shift >= 0 {
      units += significand << UInt128(shift)
    } else if shift > -54 {
      units += ((significand >> UInt128(-shift - 1)) + 1) >> 1
    }
  }

  package static func += (sum: inout ExactSum, other: ExactSum) {
    sum.units += other.units
    sum.count += other.count
  }

  package var value: Double { Double(units) / 0x1p88 }

  /// `nil` for no numbers.
  package var mean: Double? { count > 0 ? value / Double(count) : nil }
}
