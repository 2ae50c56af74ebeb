/// MT19937 as `numpy.random.seed` starts it and `numpy.random.choice` draws from it, for results equal to NumPy's.
///
/// Use `SplitMix64` where no other tool has to be reproduced. Source: Matsumoto and Nishimura 1998; NumPy 2.4
/// `random/src/mt19937` and `random/src/legacy`, `random_interval`.
package struct MersenneTwister: Sendable {
  private var state: [UInt32]
  private var position = 624

  package init(seed: UInt32) {
    state = [seed]
    for index in 1..<624 {
      let previous = state[index - 1]
      state.append(1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index))
    }
  }

  package mutating func next() -> UInt32 {
    if position == 624 { twist() }
    var bits = state[position]
    position += 1
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }

  /// An index below `bound`: draws are masked to the bits of `bound` - 1 and rejected while too large. A bound of 1 draws
  /// nothing.
  package mutating func index(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= 1 << 32, "there is no 32-bit index below \(bound)")
    let largest = UInt32(bound - 1)
    if largest == 0 { return 0 }
    let mask = UInt32.max >> UInt32(largest.leadingZeroBitCount)
    while true {
      let drawn = next() & mask
      if drawn <= largest { return Int(drawn) }
    }
  }

  private mutating func twist() {
    for index in 0..<624 {
      let bits = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7FFF_FFFF)
      state[index] = state[(index + 397) % 624] ^ (bits >> 1) ^ (bits & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    position = 0
  }
}
