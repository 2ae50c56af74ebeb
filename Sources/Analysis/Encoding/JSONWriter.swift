/// Builds JSON text piece by piece.
struct JSONWriter {
  /// UTF-8: appending bytes is several times faster than appending to a `String`.
  private var bytes: [UInt8] = []

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func write(_ value: JSON) {
    switch value {
    case .array(let elements):
      append("[")
      for (i, element) in elements.enumerated() {
        if i > 0 { append(",") }
        write(element)
      }
      append("]")
    case .object(let members):
      append("{")
      for (i, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if i > 0 { append(",") }
        write(member.key)
        append(":")
        write(member.value)
      }
      append("}")
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .number(let value): append(value.isFinite ? value.description : "null")
    case .string(let value): write(value)
    }
  }

  /// The same with every element and member on its own line.
  mutating func write(_ value: JSON, indentation: Int, levels: Int) {
    guard indentation < levels else { return write(value) }
    let inner = String(repeating: "  ", count: indentation + 1)
    let outer = String(repeating: "  ", count: indentation)
    switch value {
    case .array(let elements) where !elements.isEmpty:
      for (i, element) in elements.enumerated() {
        append((i == 0 ? "[\n" : ",\n") + inner)
        write(element, indentation: indentation + 1, levels: levels)
      }
      append("\n" + outer + "]")
    case .object(let members) where !members.isEmpty:
      for (i, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        append((i == 0 ? "{\n" : ",\n") + inner)
        write(member.key)
        append(": ")
        write(member.value, indentation: indentation + 1, levels: levels)
      }
      append("\n" + outer + "}")
    default: write(value)
    }
  }

  /// A quoted string. Control characters and the line separators that some line splitters honour are escaped.
  private mutating func write(_ value: String) {
    append("\"")
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F: append(escape(UInt32(byte)))
      case 0x80...0x9F where bytes.last == 0xC2:
        bytes.removeLast()
        append(escape(UInt32(byte)))
      case 0xA8...0xA9 where bytes.last == 0x80 && bytes[bytes.count - 2] == 0xE2:
        bytes.removeLast(2)
        append(escape(0x2000 + UInt32(byte) - 0x80))
      default: bytes.append(byte)
      }
    }
    append("\"")
  }

  private func escape(_ codePoint: UInt32) -> String {
    let digits = String(codePoint, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}
