/// A small seeded random generator whose stream is the same on every machine and in every release.
///
/// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"; constants as in Vigna's
/// `splitmix64.c`. Good enough for resampling, not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number below `bound` by Lemire's multiplication, without rejection: the bias is below bound / 2^64.
  package mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "there is no index below \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// 0..<count in a random order (Fisher and Yates, from the end).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, index(below: last + 1)) }
    return order
  }

  /// A number in [0, 1) with 53 random bits.
  package mutating func unitInterval() -> Double { Double(next() >> 11) * 0x1p-53 }
}
