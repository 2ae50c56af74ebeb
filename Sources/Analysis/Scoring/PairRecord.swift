/// One line of pairs: the texts to score, and where the line's members stand, so that they can be copied unread.
///
/// Reused from line to line, so that reading allocates next to nothing. Of a member that comes twice the last one counts,
/// as in Python's `json`.
struct PairRecord {
  /// The UTF-8 of all texts, escapes resolved.
  private(set) var text: [UInt8] = []
  private(set) var references: [Range<Int>] = []
  private(set) var prediction: Range<Int>?
  private(set) var choices: [Range<Int>] = []
  /// The object in the line, from brace to brace; `nil` until it was read to its end.
  private(set) var object: Range<Int>?
  /// Its members without the commas, and whether each keeps its place in the output.
  private(set) var members: [(range: Range<Int>, isKept: Bool)] = []
  /// The first member with a value of a wrong kind.
  private(set) var misfit: Misfit?

  struct Misfit {
    let field: String
    let expected: String
    let found: String
  }

  /// - Parameter replaced: names of members that the output gets anew.
  mutating func read(
    _ bytes: [UInt8], in line: Range<Int>, replacing replaced: [String]
  ) throws(JSONReader.Failure) {
    removeAll()
    var reader = JSONReader(bytes, in: line)
    try reader.expect("{", "an object")
    let start = reader.position - 1
    if !reader.consume("}") {
      repeat {
        _ = reader.peek()
        let first = reader.position
        let name = try reader.string("a key in quotes")
        try reader.expect(":", "':' after the key '\(name.excerpt(40))'")
        try readValue(of: name, &reader)
        members.append((first..<reader.position, !replaced.contains(name)))
      } while reader.consume(",")
      try reader.expect("}", "',' or '}'")
    }
    let end = reader.position
    try reader.finish()
    object = start..<end
  }

  mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
    references.removeAll(keepingCapacity: true)
    choices.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
    (prediction, object, misfit) = (nil, nil, nil)
  }

  private mutating func readValue(of name: String, _ reader: inout JSONReader) throws(JSONReader.Failure) {
    switch name {
    case "reference":
      references.removeAll(keepingCapacity: true)
      if reader.peek() == UInt8(ascii: "\"") {
        references.append(try Self.readText(&reader, into: &text))
      } else {
        let found = try Self.readTexts(&reader, into: &references, &text)
        note(name, expected: "a string or a list of strings", found: found)
      }
    case "choices":
      choices.removeAll(keepingCapacity: true)
      let found = try Self.readTexts(&reader, into: &choices, &text)
      note(name, expected: "a list of strings", found: found)
    case "prediction":
      prediction = nil
      if reader.peek() == UInt8(ascii: "\"") {
        prediction = try Self.readText(&reader, into: &text)
      } else {
        note(name, expected: "a string", found: try Self.skip(&reader))
      }
    default: try reader.skipValue(depth: 1)
    }
  }

  private mutating func note(_ field: String, expected: String, found: String?) {
    guard misfit == nil, let found else { return }
    misfit = Misfit(field: field, expected: expected, found: found)
  }

  private static func readText(
    _ reader: inout JSONReader, into text: inout [UInt8]
  ) throws(JSONReader.Failure) -> Range<Int> {
    let start = text.count
    try reader.appendString(to: &text)
    return start..<text.count
  }

  /// Appends the strings of a list.
  /// - Returns: what stands there instead of a list of strings; `nil` if it is one, or nothing (`null`).
  private static func readTexts(
    _ reader: inout JSONReader, into ranges: inout [Range<Int>], _ text: inout [UInt8]
  ) throws(JSONReader.Failure) -> String? {
    guard reader.peek() == UInt8(ascii: "[") else { return try skip(&reader) }
    var misfit: String?
    try reader.array { (reader) throws(JSONReader.Failure) in
      if reader.peek() == UInt8(ascii: "\"") {
        ranges.append(try readText(&reader, into: &text))
      } else if let kind = try skip(&reader, null: "null") {
        misfit = misfit ?? "a list with \(kind)"
      }
    }
    return misfit
  }

  /// Consumes a value and returns what it is.
  private static func skip(_ reader: inout JSONReader, null: String? = nil) throws(JSONReader.Failure) -> String? {
    let first = reader.peek()
    try reader.skipValue(depth: 2)
    switch first {
    case UInt8(ascii: "\""): return "a string"
    case UInt8(ascii: "{"): return "an object"
    case UInt8(ascii: "["): return "a list"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return "a boolean"
    case UInt8(ascii: "n"): return null
    default: return "a number"
    }
  }
}
