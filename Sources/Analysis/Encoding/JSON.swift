/// A JSON value: what reports are made of, and what a field of unknown shape is read into.
///
/// Rendering is deterministic: keys sorted, no white space, numbers in the fewest digits that read back to the same
/// bits.
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// The value as one line of text. A number that is not finite becomes `null`, as JSON has no name for it.
  package var text: String {
    var writer = JSONWriter()
    writer.write(self)
    return writer.text
  }

  /// The value over several lines, two spaces per level, for files that people diff.
  package var indentedText: String { indentedText(levels: .max) }

  /// The same with everything below so many levels of nesting on one line.
  package func indentedText(levels: Int) -> String {
    var writer = JSONWriter()
    writer.write(self, indentation: 0, levels: levels)
    return writer.text
  }

  /// A string without its quotes, anything else as JSON.
  var plainText: String {
    if case .string(let value) = self { value } else { text }
  }

  /// What the value is, as an error message names it.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array(let elements): elements.isEmpty ? "an empty list" : "a list"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

extension JSON {
  /// An object without the members whose value is `nil`.
  package static func members(_ members: [String: JSON?]) -> JSON {
    .object(members.compactMapValues { $0 })
  }

  package static func strings(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }
}

extension JSON {
  /// Reads a text that is one JSON value.
  ///
  /// - Throws: ``RecordError`` naming `label`, line and column.
  package init(parsing bytes: [UInt8], label: String) throws(RecordError) {
    var reader = JSONReader(bytes)
    do {
      self = try reader.value()
      try reader.finish()
    } catch {
      let before = bytes.prefix(error.column - 1)
      let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      throw .syntax(
        file: label, line: 1 + before.count { $0 == 0x0A }, column: error.column - lineStart, expected: error.expected,
        found: error.found)
    }
  }
}
