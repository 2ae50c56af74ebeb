extension Double {
  /// Rounded to `decimals` the way numpy does it: the scaled number to the nearest integer, ties to even.
  ///
  /// MLPerf's scripts print and compare accuracies after this rounding (`round` of a `numpy.float64`). It differs from
  /// rounding the exact binary value on ties such as 69.68535, which becomes 69.6854. NaN and infinities stay.
  package func rounded(decimals: Int) -> Double {
    let scale = powerOfTen(decimals)
    let rounded = (self * scale).rounded(.toNearestOrEven) / scale
    return rounded.isFinite ? rounded : self
  }

  /// The number with exactly `decimals` digits after the point, rounded as ``rounded(decimals:)``; the same everywhere.
  ///
  /// Numbers beyond 9e18 in units of the last digit fall back to the shortest form.
  package func printed(_ decimals: Int) -> String {
    let scaled = (self * powerOfTen(decimals)).rounded(.toNearestOrEven)
    guard scaled.magnitude < 9e18 else { return description }
    let digits = String(Int(scaled.magnitude))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = scaled < 0 ? "-" : ""
    return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }
}

private func powerOfTen(_ exponent: Int) -> Double {
  (0..<exponent).reduce(1) { power, _ in power * 10 }
}
