/// p values of several tests, adjusted so that each can be held against the same α. Results are in the order given.
package enum MultipleTests {
  /// Holm 1979: p₍ᵢ₎ = max over j ≤ i of min(1, (m - j + 1)·p₍ⱼ₎). Bounds the chance of any false claim.
  package static func holm(_ p: [Double]) -> [Double] {
    var adjusted = p
    var largest = 0.0
    for (position, index) in order(p).enumerated() {
      largest = max(largest, min(1, Double(p.count - position) * p[index]))
      adjusted[index] = largest
    }
    return adjusted
  }

  /// Benjamini and Hochberg 1995: p₍ᵢ₎ = min over j ≥ i of min(1, m·p₍ⱼ₎/j). Bounds the expected share of false claims.
  package static func benjaminiHochberg(_ p: [Double]) -> [Double] {
    var adjusted = p
    var smallest = 1.0
    for (position, index) in order(p).enumerated().reversed() {
      smallest = min(smallest, Double(p.count) * p[index] / Double(position + 1))
      adjusted[index] = smallest
    }
    return adjusted
  }

  private static func order(_ p: [Double]) -> [Int] {
    p.indices.sorted { p[$0] != p[$1] ? p[$0] < p[$1] : $0 < $1 }
  }
}
