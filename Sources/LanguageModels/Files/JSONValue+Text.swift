extension JSONValue {
  /// The value as JSON, members in their order, two spaces a level.
  package func text(level: Int = 0) -> String {
    let inner = "\n" + String(repeating: "  ", count: level + 1)
    let outer = "\n" + String(repeating: "  ", count: level)
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .string(let value): return Self.quoted(value)
    case .array(let values):
      guard !values.isEmpty else { return "[]" }
      return "[" + values.map { inner + $0.text(level: level + 1) }.joined(separator: ",") + outer + "]"
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let lines = members.map { inner + Self.quoted($0.key) + ": " + $0.value.text(level: level + 1) }
      return "{" + lines.joined(separator: ",") + outer + "}"
    }
  }

  /// The object with a member replaced, or added at the end; removed where the value is `nil`.
  func setting(_ key: String, to value: JSONValue?) -> JSONValue {
    var members = members ?? []
    let place = members.firstIndex { $0.key == key }
    switch (place, value) {
    case (let place?, let value?): members[place] = Member(key: key, value: value)
    case (let place?, nil): members.remove(at: place)
    case (nil, let value?): members.append(Member(key: key, value: value))
    case (nil, nil): break
    }
    return .object(members)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
