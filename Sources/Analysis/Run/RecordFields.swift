/// The named values of one record, read with errors that say where the record stands.
struct RecordFields {
  let file: String
  let line: Int
  let values: [String: JSON]

  /// The value of `field`; `null` counts as absent.
  subscript(field: String) -> JSON? {
    values[field] == .null ? nil : values[field]
  }

  func string(_ field: String) throws(RecordError) -> String? {
    guard let value = self[field] else { return nil }
    guard case .string(let text) = value else { throw wrongType(field, "a string", value) }
    return text
  }

  /// A string, or the digits of a whole number: ids are often written so.
  func identifier(_ field: String) throws(RecordError) -> String? {
    if case .integer(let number) = self[field] { return String(number) }
    return try string(field)
  }

  /// A list of strings; a single string is a list of one.
  func strings(_ field: String) throws(RecordError) -> [String] {
    switch self[field] {
    case nil: return []
    case .string(let text): return [text]
    case .array(let elements):
      return try elements.map { (element) throws(RecordError) in
        guard case .string(let text) = element else {
          throw wrongType(field, "a string or a list of strings", found: "a list with \(element.kind)")
        }
        return text
      }
    case let value?: throw wrongType(field, "a string or a list of strings", value)
    }
  }

  func positiveInteger(_ field: String) throws(RecordError) -> Int? {
    guard let value = self[field] else { return nil }
    guard case .integer(let number) = value, number > 0 else { throw wrongType(field, "a whole number above 0", value) }
    return number
  }

  func wrongType(_ field: String, _ expected: String, _ value: JSON) -> RecordError {
    let found =
      switch value {
      case .integer(let number): String(number)
      case .number(let number): String(number)
      default: value.kind
      }
    return wrongType(field, expected, found: found)
  }

  func wrongType(_ field: String, _ expected: String, found: String) -> RecordError {
    .wrongType(file: file, line: line, field: field, expected: expected, found: found)
  }

  func missing(_ field: String, _ hint: String) -> RecordError {
    .missingField(file: file, line: line, field: field, hint: hint)
  }
}
