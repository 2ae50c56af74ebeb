extension JSONReader {
  /// A string with its escapes resolved. Text that is not valid UTF-8, or half of a surrogate pair, is refused.
  mutating func string(_ expected: String = "a string") throws(Failure) -> String {
    try expect("\"", expected)
    let start = position
    var content: [UInt8] = []
    while true {
      let run = position
      while position < end, bytes[position] != 0x22, bytes[position] != 0x5C, bytes[position] >= 0x20 { position += 1 }
      content += bytes[run..<position]
      guard position < end, bytes[position] >= 0x20 else { throw failure("the closing quote of a string") }
      position += 1
      if bytes[position - 1] == 0x22 { break }
      content += UTF8.encode(try escape())!
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      position = start
      throw failure("a string of valid UTF-8")
    }
    return text
  }

  /// The scalar named by the escape whose backslash was just consumed.
  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard position < end else { throw failure("the rest of an escape") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "u"): return try codePoint()
    default:
      position -= 1
      throw failure("one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func codePoint() throws(Failure) -> Unicode.Scalar {
    let high = try hexadecimal()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, position + 1 < end, bytes[position] == 0x5C, bytes[position + 1] == UInt8(ascii: "u") else {
      throw failure("the second half of a surrogate pair")
    }
    position += 2
    let low = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw failure("the second half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < end, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw failure("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

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
