/// The sign-flip permutation test of "differences are symmetric about 0", on the mean difference.
///
/// Exact for up to 20 differences that are not zero: p is the share of all sign patterns whose mean is as far from 0 as
/// the observed one. Above, p = (1 + patterns as far) / (1 + draws) over random patterns from ``SplitMix64``.
package struct SignFlipTest: Hashable, Sendable {
  /// Two-sided.
  package let p: Double
  package let isExact: Bool

  private static let exactCount = 20

  /// - Returns: `nil` for no differences, or values that are not finite.
  package init?(_ differences: [Double], draws: Int = 10_000, seed: UInt64 = 0) {
    guard !differences.isEmpty, differences.allSatisfy(\.isFinite) else { return nil }
    let nonzero = differences.filter { $0 != 0 }
    // Sums that differ only by rounding are equal.
    let limit = abs(nonzero.compensatedSum) - 1e-12 * nonzero.reduce(0) { $0 + abs($1) }
    isExact = nonzero.count <= Self.exactCount
    guard isExact else {
      p = Double(1 + Self.randomPatterns(nonzero, draws: draws, seed: seed) { abs($0) >= limit }) / Double(1 + draws)
      return
    }
    let patterns = 1 << nonzero.count
    let asFar = (0..<patterns).count { pattern in
      var sum = 0.0
      for (index, difference) in nonzero.enumerated() { sum += pattern >> index & 1 == 0 ? difference : -difference }
      return abs(sum) >= limit
    }
    p = Double(asFar) / Double(patterns)
  }

  /// How many of `draws` random patterns have a sum that satisfies `condition`. One bit of the generator is one sign.
  private static func randomPatterns(
    _ differences: [Double], draws: Int, seed: UInt64, where condition: (Double) -> Bool
  ) -> Int {
    var generator = SplitMix64(seed: seed)
    let total = differences.reduce(0, +)
    return (0..<draws).count { _ in
      // The sum of all less twice those that flip.
      var flipped = 0.0
      for start in stride(from: 0, to: differences.count, by: 64) {
        var bits = generator.next()
        for index in start..<min(start + 64, differences.count) {
          flipped += differences[index] * Double(bits & 1)
          bits >>= 1
        }
      }
      return condition(total - 2 * flipped)
    }
  }
}
