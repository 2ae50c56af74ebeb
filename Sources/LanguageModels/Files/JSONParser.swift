/// Reads JSON, strict RFC 8259, from untrusted bytes: nesting is bounded, and a key appears once in an object.
struct JSONParser {
  /// Deeper nesting is refused, so that hostile text cannot exhaust the stack.
  static let deepestNesting = 64

  private let bytes: [UInt8]
  private var position = 0

  /// The value that the whole text is.
  static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    guard parser.peek() == nil else { throw parser.error("the end of the text") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.deepestNesting else { throw error("at most \(Self.deepestNesting) levels of nesting") }
    switch peek() {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func members(depth: Int) throws(JSONError) -> [JSONValue.Member] {
    position += 1
    var members: [JSONValue.Member] = []
    // As bytes: two strings are equal when their characters are, and a vocabulary may spell one in two ways.
    var keys = Set<[UInt8]>()
    if consume(UInt8(ascii: "}")) { return [] }
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw error("a key in quotes") }
      let start = position
      let key = try string()
      guard keys.insert(Array(key.utf8)).inserted else {
        throw JSONError(offset: start, expected: "another key than \(quoted(key)), which was there before")
      }
      guard consume(UInt8(ascii: ":")) else { throw error("':' after a key") }
      members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
    } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "}")) else { throw error("',' or '}'") }
    return members
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
    position += 1
    var elements: [JSONValue] = []
    if consume(UInt8(ascii: "]")) { return [] }
    repeat { elements.append(try value(depth: depth + 1)) } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "]")) else { throw error("',' or ']'") }
    return elements
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[start + (isNegative ? 1 : 0)] != UInt8(ascii: "0") else {
      position = start
      throw error("a value")
    }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      guard digits() > 0 else { throw error("a digit") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw error("a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw error("a number in the range of a double") }
    return .number(number)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    return position - start
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var text: [UInt8] = []
    while true {
      let start = position
      while position < bytes.count, bytes[position] >= 0x20, bytes[position] != 0x22, bytes[position] != 0x5c {
        position += 1
      }
      text += bytes[start..<position]
      guard position < bytes.count else { throw error("'\"'") }
      switch bytes[position] {
      case 0x22:
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw error("text in UTF-8") }
        return string
      case 0x5c: text += try escape()
      default: throw error("no control character in a string")
      }
    }
  }

  /// The UTF-8 of an escape sequence. Half a surrogate pair becomes U+FFFD.
  private mutating func escape() throws(JSONError) -> [UInt8] {
    position += 1
    guard position < bytes.count else { throw error("an escape sequence") }
    position += 1
    switch bytes[position - 1] {
    case UInt8(ascii: "\""): return [0x22]
    case UInt8(ascii: "\\"): return [0x5c]
    case UInt8(ascii: "/"): return [0x2f]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try unicodeEscape()).utf8)
    default:
      position -= 1
      throw error("an escape sequence")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Character {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard (0xd800..<0xdc00).contains(first), position + 1 < bytes.count, bytes[position] == 0x5c,
      bytes[position + 1] == UInt8(ascii: "u")
    else { return "\u{fffd}" }
    let start = position
    position += 2
    let second = try fourHexDigits()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else {
      position = start
      return "\u{fffd}"
    }
    return Character(scalar)
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw error("four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: Tokens

  /// The next byte that is not white space, without consuming it; `nil` at the end.
  private mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw error("a value") }
    position += word.utf8.count
    return value
  }

  private func error(_ expected: String) -> JSONError { JSONError(offset: position, expected: expected) }
}
