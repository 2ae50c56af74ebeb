extension JSONReader {
  /// Consumes any value without keeping it, as strictly as `value` does but for UTF-8 and the range of numbers.
  mutating func skipValue(depth: Int = 0) throws(Failure) {
    guard depth < Self.maximumDepth else { throw failure("at most \(Self.maximumDepth) levels of nesting") }
    switch peek() {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "{"):
      position += 1
      if consume("}") { return }
      repeat {
        guard peek() == UInt8(ascii: "\"") else { throw failure("a key in quotes") }
        try skipString()
        try expect(":", "':' after a key")
        try skipValue(depth: depth + 1)
      } while consume(",")
      try expect("}", "',' or '}'")
    case UInt8(ascii: "["):
      position += 1
      if consume("]") { return }
      repeat { try skipValue(depth: depth + 1) } while consume(",")
      try expect("]", "',' or ']'")
    case UInt8(ascii: "n"): try skip(word: "null")
    case UInt8(ascii: "t"): try skip(word: "true")
    case UInt8(ascii: "f"): try skip(word: "false")
    default: try skipNumber()
    }
  }

  private mutating func skip(word: String) throws(Failure) {
    guard consume(word: word) else { throw failure("a value") }
  }
}
