/// A JSON value: what reports are made of, and what a field of unknown shape is read into.
///
/// Rendering is deterministic: keys sorted, no white space, numbers in the fewest digits that read back to the same bits.
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
  package var indentedText: String {
    var writer = JSONWriter()
    writer.write(self, indentation: 0)
    return writer.text
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

/// Builds JSON text piece by piece.
struct JSONWriter {
  private(set) var text = ""

  mutating func write(_ value: JSON) {
    switch value {
    case .array(let elements):
      text += "["
      for (i, element) in elements.enumerated() {
        if i > 0 { text += "," }
        write(element)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (i, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if i > 0 { text += "," }
        write(member.key)
        text += ":"
        write(member.value)
      }
      text += "}"
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): write(value)
    case .string(let value): write(value)
    }
  }

  mutating func write(_ value: JSON, indentation: Int) {
    let inner = String(repeating: "  ", count: indentation + 1)
    let outer = String(repeating: "  ", count: indentation)
    switch value {
    case .array(let elements) where !elements.isEmpty:
      for (i, element) in elements.enumerated() {
        text += (i == 0 ? "[\n" : ",\n") + inner
        write(element, indentation: indentation + 1)
      }
      text += "\n" + outer + "]"
    case .object(let members) where !members.isEmpty:
      for (i, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        text += (i == 0 ? "{\n" : ",\n") + inner
        write(member.key)
        text += ": "
        write(member.value, indentation: indentation + 1)
      }
      text += "\n" + outer + "}"
    default: write(value)
    }
  }

  mutating func write(_ value: Double) {
    text += value.isFinite ? value.description : "null"
  }

  /// A quoted string. Control characters and the line separators that some line splitters honour are escaped.
  mutating func write(_ value: String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
