import Foundation
import Tensors
import Testing

/// A file of `Fixtures/Blocks` (see its HOW-MADE.md).
func blockFixture(_ name: String) throws -> [UInt8] {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/Blocks/\(name)", withExtension: nil), "\(name)")
  return [UInt8](try Data(contentsOf: url))
}

/// Little-endian floats of `Fixtures/Blocks`.
func blockFixtureFloats(_ name: String) throws -> [Float] { BlockFormat.f32.decode(try blockFixture(name)) }

/// Bits, so that equality distinguishes -0 from 0.
func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// A seeded generator for property tests (Steele, Lea and Flood 2014), so that a failing case is its seed.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
