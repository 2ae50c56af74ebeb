/// A value of a model's JSON files (`config.json`, `tokenizer.json`), members in the file's order.
package indirect enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package let key: String
    package let value: JSONValue
  }

  /// The member of an object; `nil` where there is none, where it is `null`, and for what is no object.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members.first(where: { $0.key == key })?.value,
      value != .null
    else { return nil }
    return value
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  package var members: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// A whole number, written as such or as `1.0`.
  package var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }

  package var numbers: [Double]? {
    guard let array else { return nil }
    let numbers = array.compactMap(\.number)
    return numbers.count == array.count ? numbers : nil
  }
}

/// Why a text is no JSON.
package struct JSONError: Error, Equatable {
  /// From the beginning of the text, in bytes.
  package let offset: Int
  package let expected: String
}

extension JSONError: CustomStringConvertible {
  package var description: String { "is not valid JSON at byte \(offset): expected \(expected)" }
}
