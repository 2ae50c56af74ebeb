extension JSONReader {
  /// A string with its escapes resolved. Text that is not valid UTF-8, or half of a surrogate pair, is refused.
  mutating func string(_ expected: @autoclosure () -> String = "a string") throws(Failure) -> String {
    try expect("\"", expected())
    let start = position
    position = bytes.endOfPlainText(from: position, before: end)
    let text: String?
    if position < end, bytes[position] == UInt8(ascii: "\"") {
      text = String(validating: bytes[start..<position], as: UTF8.self)
      position += 1
    } else {
      position = start
      var content: [UInt8] = []
      try appendRestOfString(to: &content)
      text = String(validating: content, as: UTF8.self)
    }
    guard let text else {
      position = start
      throw failure("a string of valid UTF-8")
    }
    return text
  }

  /// Appends the UTF-8 of a string to `content`, escapes resolved. It is valid if the text that is read is.
  mutating func appendString(to content: inout [UInt8]) throws(Failure) {
    try expect("\"", "a string")
    try appendRestOfString(to: &content)
  }

  private mutating func appendRestOfString(to content: inout [UInt8]) throws(Failure) {
    while true {
      let start = position
      position = bytes.endOfPlainText(from: start, before: end)
      content.append(contentsOf: bytes[start..<position])
      guard try closeOrEscape() else { return }
      let scalar = try escape()
      if scalar.isASCII {
        content.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        content.append(contentsOf: String(scalar).utf8)
      }
    }
  }

  /// Consumes a string without keeping it, as strictly as `string` does but for its UTF-8.
  mutating func skipString() throws(Failure) {
    try expect("\"", "a string")
    repeat {
      position = bytes.endOfPlainText(from: position, before: end)
      guard try closeOrEscape() else { return }
      _ = try escape()
    } while true
  }

  /// Consumes the byte that ended a run of plain text. True if it was a backslash, false if a quote.
  private mutating func closeOrEscape() throws(Failure) -> Bool {
    guard position < end, bytes[position] >= 0x20 else { throw failure("the closing quote of a string") }
    position += 1
    return bytes[position - 1] == UInt8(ascii: "\\")
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
    guard high < 0xDC00, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure("the second half of a surrogate pair") }
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
}
