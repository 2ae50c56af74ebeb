/// Numbers with a fixed count of decimals, as C's `%.2f` prints them in any locale.
extension Double {
  /// The exact binary value rounded to `decimals` places, ties to even; `inf`, `-inf` and `nan` by name.
  ///
  /// Magnitudes from 2^53 on print all their integer digits.
  package func fixedPoint(_ decimals: Int) -> String {
    precondition((0...17).contains(decimals), "\(decimals) decimals are more than a Double has")
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    let sign = self.sign == .minus ? "-" : ""
    let scale = (0..<decimals).reduce(1 as UInt64) { scale, _ in scale * 10 }
    let (whole, scaledFraction) = magnitude.rounded(toMultiplesOf: scale)
    if decimals == 0 { return sign + whole }
    let digits = String(scaledFraction)
    return sign + whole + "." + String(repeating: "0", count: decimals - digits.utf8.count) + digits
  }

  /// The integer part in decimal, and the fraction in units of 1/scale, after rounding.
  private func rounded(toMultiplesOf scale: UInt64) -> (whole: String, fraction: UInt64) {
    guard self < 0x1p63 else { return (Self.digits(ofLarge: self), 0) }
    let whole = UInt64(self)
    let fraction = self - Double(whole)
    // fraction = bits / 2^shift exactly; 53 bits times at most 10^17 fit into 128.
    let shift = fraction == 0 ? 0 : 52 - Int(fraction.exponent)
    if shift > 120 { return (String(whole), 0) }
    let product = UInt128(fraction * Self.powerOfTwo(shift)) * UInt128(scale)
    var scaled = UInt64(product >> UInt128(shift))
    let remainder = product & ((1 << UInt128(shift)) - 1)
    let half: UInt128 = shift == 0 ? 0 : 1 << UInt128(shift - 1)
    if shift > 0, remainder > half || remainder == half && (scale == 1 ? whole : scaled) & 1 == 1 { scaled += 1 }
    return scaled == scale ? (String(whole + 1), 0) : (String(whole), scaled)
  }

  private static func powerOfTwo(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  /// All digits of an integer of 2^63 or more, by repeated division in base 10^9.
  private static func digits(ofLarge value: Double) -> String {
    var limbs: [UInt64] = [UInt64(value.significandBitPattern) | 1 << 52]
    for _ in 0..<(Int(value.exponent) - 52) {
      var carry: UInt64 = 0
      for index in limbs.indices {
        let doubled = limbs[index] * 2 + carry
        limbs[index] = doubled % 1_000_000_000_000_000_000
        carry = doubled / 1_000_000_000_000_000_000
      }
      if carry > 0 { limbs.append(carry) }
    }
    let rest = limbs.dropLast().reversed().map { limb in
      let digits = String(limb)
      return String(repeating: "0", count: 18 - digits.utf8.count) + digits
    }
    return String(limbs[limbs.count - 1]) + rest.joined()
  }
}
