extension JSONReader {
  /// A finite number, correctly rounded.
  mutating func double(expected: String = "a number") throws(Failure) -> Double {
    let number = try number(expected: expected)
    // Exact when both the digits and the power of ten are exact doubles (Clinger 1990); most numbers are.
    if let significand = number.significand, abs(number.exponent) < Self.exactPowersOfTen.count {
      let power = Self.exactPowersOfTen[abs(number.exponent)]
      return number.exponent < 0 ? significand / power : significand * power
    }
    guard let value = Double(text(of: number)), value.isFinite else {
      position = number.range.lowerBound
      throw failure("a number within ±1.8e308")
    }
    return value
  }

  /// A number as it is written, digit for digit.
  mutating func numberText(_ expected: String = "a number") throws(Failure) -> String {
    text(of: try number(expected: expected))
  }

  /// Consumes a number, however large, without keeping it.
  mutating func skipNumber() throws(Failure) { _ = try number(expected: "a value") }

  private static let exactPowersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// A number's place in the text and, when it is below 2^53, its digits as one signed integer.
  private struct Number {
    let range: Range<Int>
    let significand: Double?
    let exponent: Int
  }

  private func text(of number: Number) -> String {
    String(decoding: bytes[number.range], as: UTF8.self)
  }

  private mutating func number(expected: String) throws(Failure) -> Number {
    guard let first = peek(), first == UInt8(ascii: "-") || isDigit(first) else { throw failure(expected) }
    let start = position
    if first == UInt8(ascii: "-") { position += 1 }
    var digits: UInt64 = 0
    let integerDigits = try digitRun(into: &digits)
    guard integerDigits == 1 || bytes[position - integerDigits] != UInt8(ascii: "0") else {
      position -= integerDigits
      throw failure("a number without leading zeros")
    }
    var digitCount = integerDigits
    var exponent = 0
    if position < end, bytes[position] == UInt8(ascii: ".") {
      position += 1
      let fraction = try digitRun(into: &digits)
      digitCount += fraction
      exponent = -fraction
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      let isNegative = position < end && bytes[position] == UInt8(ascii: "-")
      if position < end, isNegative || bytes[position] == UInt8(ascii: "+") { position += 1 }
      var magnitude: UInt64 = 0
      _ = try digitRun(into: &magnitude)
      exponent += Int(min(magnitude, 1_000_000)) * (isNegative ? -1 : 1)
    }
    // 19 digits always fit in 64 bits, so `digits` did not wrap.
    let isExact = digitCount <= 19 && digits <= 1 << 53
    let magnitude = isExact ? Double(digits) : nil
    return Number(
      range: start..<position, significand: first == UInt8(ascii: "-") ? magnitude.map { -$0 } : magnitude,
      exponent: exponent)
  }

  /// Consumes at least one digit, appending to `value` (which wraps beyond 19 digits).
  private mutating func digitRun(into value: inout UInt64) throws(Failure) -> Int {
    let start = position
    while position < end, isDigit(bytes[position]) {
      value = value &* 10 &+ UInt64(bytes[position] - 0x30)
      position += 1
    }
    guard position > start else { throw failure("a digit") }
    return position - start
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
