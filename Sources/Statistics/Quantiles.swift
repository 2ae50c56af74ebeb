/// Sample quantiles by linear interpolation (Hyndman and Fan 1996, type 7; the default of NumPy, R and llama.cpp).
package struct Quantiles: Hashable, Sendable {
  private let sorted: [Double]

  /// `nil` for no values or if one is NaN.
  package init?(_ values: some Sequence<Double>) {
    sorted = values.sorted()
    if sorted.isEmpty || sorted.contains(where: \.isNaN) { return nil }
  }

  /// The value below which a share of the sample lies; a share outside 0...1 is taken as the nearer end.
  ///
  /// With h = (n - 1)·share and the neighbours a = x⌊h⌋, b = x⌊h⌋₊₁: a + (b - a)·t for t = h - ⌊h⌋ < 0.5, otherwise
  /// b - (b - a)·(1 - t), which is NumPy's order of operations.
  package subscript(share: Double) -> Double {
    let position = Double(sorted.count - 1) * min(max(share, 0), 1)
    let index = Int(position)
    let lower = sorted[index]
    let upper = sorted[min(index + 1, sorted.count - 1)]
    let fraction = position - Double(index)
    // Equal neighbours also covers two equal infinities, whose difference is NaN.
    if lower == upper { return lower }
    return fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1 - fraction)
  }

  package var median: Double { self[0.5] }
  package var minimum: Double { sorted[0] }
  package var maximum: Double { sorted[sorted.count - 1] }
}
