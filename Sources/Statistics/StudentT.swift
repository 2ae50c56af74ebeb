/// Student's t distribution with a number of degrees of freedom above 0.
package struct StudentT: Sendable {
  package let degreesOfFreedom: Double

  package init(degreesOfFreedom: Double) {
    precondition(degreesOfFreedom > 0, "t needs positive degrees of freedom, not \(degreesOfFreedom)")
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(T ≤ t) = 1 - I_x(ν/2, 1/2) / 2 with x = ν / (ν + t²), for t ≥ 0, and by symmetry below.
  package func cumulative(_ t: Double) -> Double {
    if t.isNaN { return .nan }
    let tail = upperTail(abs(t))
    return t > 0 ? 1 - tail : tail
  }

  /// 1 - P(T ≤ t) without cancellation.
  package func survival(_ t: Double) -> Double { cumulative(-t) }

  private func upperTail(_ t: Double) -> Double {
    // t² overflows long before the tail of any but the smallest degrees of freedom is above 0.
    let ratio = t * (t / degreesOfFreedom)
    if ratio.isInfinite { return 0 }
    return 0.5
      * regularizedIncompleteBeta(
        1 / (1 + ratio), complement: ratio / (1 + ratio), a: degreesOfFreedom / 2, b: 0.5)
  }

  /// The t with P(T ≤ t) = p; ∓∞ at 0 and 1, NaN outside.
  ///
  /// Bisection on the cumulative distribution until the interval is two neighbouring numbers.
  package func quantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    if p == 0.5 { return 0 }
    if p < 0.5 { return -quantileOfUpperTail(p) }
    return quantileOfUpperTail(1 - p)
  }

  private func quantileOfUpperTail(_ tail: Double) -> Double {
    var low = 0.0
    var high = 1.0
    while upperTail(high) > tail, high < 1e150 {
      low = high
      high *= 2
    }
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if upperTail(middle) > tail { low = middle } else { high = middle }
    }
  }
}
