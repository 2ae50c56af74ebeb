/// The four bytes that JSON allows between its tokens.
func isWhiteSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}

/// A cursor over one JSON text, strict RFC 8259.
///
/// Run files are mostly long lists of integers and doubles. Read straight into arrays they take less than a
/// third of the time that `JSONDecoder` needs (43 MB/s on the build machine), and every failure knows its column.
struct JSONReader {
  /// What was expected at which byte (counted from 1) and what stands there instead.
  struct Failure: Error, Hashable {
    let column: Int
    let expected: String
    let found: String
    /// True when the text simply stops: the mark of a line cut short.
    let isAtEnd: Bool
  }

  let bytes: [UInt8]
  let start: Int
  let end: Int
  var position: Int

  /// Deeper nesting is refused, so that hostile text cannot exhaust the stack.
  static let maximumDepth = 64

  init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    start = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
    position = start
  }

  /// The next byte that is not white space, without consuming it; `nil` at the end.
  mutating func peek() -> UInt8? {
    while position < end, isWhiteSpace(bytes[position]) { position += 1 }
    return position < end ? bytes[position] : nil
  }

  /// Calls `member` with each key; it must consume the value.
  mutating func object(_ member: (inout JSONReader, String) throws(Failure) -> Void) throws(Failure) {
    try expect("{", "an object")
    if consume("}") { return }
    repeat {
      let key = try string("a key in quotes")
      try expect(":", "':' after the key '\(key.excerpt(40))'")
      try member(&self, key)
    } while consume(",")
    try expect("}", "',' or '}'")
  }

  /// Calls `element` before each element; it must consume the value.
  mutating func array(_ element: (inout JSONReader) throws(Failure) -> Void) throws(Failure) {
    try expect("[", "a list")
    if consume("]") { return }
    repeat { try element(&self) } while consume(",")
    try expect("]", "',' or ']'")
  }

  /// A list of numbers; `null` in it stands for a value that was not finite, and reads as NaN.
  mutating func doubles() throws(Failure) -> [Double] {
    var values: [Double] = []
    try array { (reader) throws(Failure) in
      values.append(reader.consume(word: "null") ? .nan : try reader.double())
    }
    return values
  }

  mutating func integers<I: FixedWidthInteger>(of type: I.Type) throws(Failure) -> [I] {
    var values: [I] = []
    try array { (reader) throws(Failure) in values.append(try reader.integer(of: I.self)) }
    return values
  }

  mutating func integer<I: FixedWidthInteger>(of type: I.Type) throws(Failure) -> I {
    let value = try double(expected: "a whole number")
    guard let integer = I(exactly: value) else {
      throw Failure(
        column: column, expected: "a whole number of \(I.bitWidth) bits", found: value.description, isAtEnd: false)
    }
    return integer
  }

  /// Any value, read whole.
  mutating func value(depth: Int = 0) throws(Failure) -> JSON {
    guard depth < Self.maximumDepth else { throw failure("at most \(Self.maximumDepth) levels of nesting") }
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSON] = [:]
      try object { (reader, key) throws(Failure) in members[key] = try reader.value(depth: depth + 1) }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSON] = []
      try array { (reader) throws(Failure) in elements.append(try reader.value(depth: depth + 1)) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    default:
      if consume(word: "null") { return .null }
      if consume(word: "true") { return .bool(true) }
      if consume(word: "false") { return .bool(false) }
      let number = try double(expected: "a value")
      return Int(exactly: number).map(JSON.integer) ?? .number(number)
    }
  }

  /// Refuses anything but white space after the value.
  mutating func finish() throws(Failure) {
    guard peek() == nil else { throw failure("the end of the line") }
  }

  // MARK: - Tokens

  /// The literal `word`, if it is next.
  mutating func consume(word: String) -> Bool {
    _ = peek()
    let length = word.utf8.count
    guard position + length <= end, bytes[position..<position + length].elementsEqual(word.utf8) else { return false }
    position += length
    return true
  }

  mutating func consume(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar, _ expected: @autoclosure () -> String) throws(Failure) {
    guard consume(character) else { throw failure(expected()) }
  }

  var column: Int { position - start + 1 }

  func failure(_ expected: String) -> Failure {
    guard position < end else {
      return Failure(column: column, expected: expected, found: "the end of the line", isAtEnd: true)
    }
    let character = String(decoding: bytes[position..<min(end, position + 4)], as: UTF8.self).unicodeScalars.first
    let found = character.map { $0.isUnprintable ? "an invisible character" : "'\($0)'" }
    return Failure(column: column, expected: expected, found: found ?? "nothing", isAtEnd: false)
  }
}
