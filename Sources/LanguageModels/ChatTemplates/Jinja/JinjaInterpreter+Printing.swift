/// Values as text, as Python's `str`, `repr` and `json.dumps` write them.
extension JinjaInterpreter {
  /// Python's `str`; nothing for what is undefined.
  mutating func printed(_ value: JinjaValue) throws(JinjaError) -> JinjaText {
    switch value {
    case .undefined: return []
    case .text(let text): return text
    default:
      var text: JinjaText = []
      try write(value, into: &text)
      return text
    }
  }

  private mutating func append(_ text: String, to result: inout JinjaText) throws(JinjaError) {
    try pay(scalars: text.unicodeScalars.count)
    result += text.unicodeScalars
  }

  /// Python's `repr`.
  private mutating func write(_ value: JinjaValue, into text: inout JinjaText) throws(JinjaError) {
    try pay()
    switch value {
    case .none: try append("None", to: &text)
    case .bool(let value): try append(value ? "True" : "False", to: &text)
    case .integer(let value): try append("\(value)", to: &text)
    case .number(let value): try append("\(value)", to: &text)
    case .text(let value): try quote(value, into: &text)
    case .sequence(let sequence):
      try append(sequence.isTuple ? "(" : "[", to: &text)
      for (index, element) in sequence.elements.enumerated() {
        if index > 0 { try append(", ", to: &text) }
        try write(element, into: &text)
      }
      let end = sequence.elements.count == 1 ? ",)" : ")"
      try append(sequence.isTuple ? end : "]", to: &text)
    case .map(let map):
      try append("{", to: &text)
      for (index, member) in map.members.enumerated() {
        if index > 0 { try append(", ", to: &text) }
        try quote(member.key, into: &text)
        try append(": ", to: &text)
        try write(member.value, into: &text)
      }
      try append("}", to: &text)
    case .undefined: try append("Undefined", to: &text)
    case .namespace, .macro, .function: throw unsupported("printing \(value.kind)")
    }
  }

  private mutating func quote(_ value: JinjaText, into text: inout JinjaText) throws(JinjaError) {
    try pay(scalars: value.count)
    let mark: Unicode.Scalar = value.contains("'") && !value.contains("\"") ? "\"" : "'"
    text.append(mark)
    for scalar in value {
      switch scalar {
      case mark, "\\": text += ["\\", scalar]
      case "\n": text += "\\n".unicodeScalars
      case "\r": text += "\\r".unicodeScalars
      case "\t": text += "\\t".unicodeScalars
      default:
        if scalar.isPythonPrintable {
          text.append(scalar)
        } else {
          let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          text += "\\\(letter)\(scalar.value.hexadecimal(width))".unicodeScalars
        }
      }
    }
    text.append(mark)
  }

  /// The filter `tojson` as transformers defines it: `json.dumps`, characters beyond ASCII kept unless asked.
  mutating func json(_ value: JinjaValue, _ arguments: JinjaValues) throws(JinjaError) -> JinjaText {
    let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
    for (name, _) in arguments.named where !names.contains(name) {
      throw impossible("the filter 'tojson' has no argument \(quoted(name))")
    }
    var style = JSONStyle()
    style.isASCII = arguments[0, "ensure_ascii"]?.isTrue ?? false
    style.sortsKeys = arguments[3, "sort_keys"]?.isTrue ?? false
    if let indent = arguments[1, "indent"]?.integer {
      style.indent = max(0, min(indent, 64))
      style.separators.item = ","
    }
    if case .sequence(let given)? = arguments[2, "separators"] {
      guard given.elements.count == 2, case .text(let item) = given.elements[0], case .text(let key) = given.elements[1]
      else { throw impossible("'separators' are two texts") }
      style.separators = (String(String.UnicodeScalarView(item)), String(String.UnicodeScalarView(key)))
    }
    var text: JinjaText = []
    try writeJSON(value, style, level: 0, into: &text)
    return text
  }

  private struct JSONStyle {
    var isASCII = false
    var sortsKeys = false
    var indent: Int?
    var separators = (item: ", ", key: ": ")

    func lineBreak(_ level: Int) -> String { indent.map { "\n" + String(repeating: " ", count: $0 * level) } ?? "" }
  }

  private mutating func writeJSON(
    _ value: JinjaValue, _ style: JSONStyle, level: Int, into text: inout JinjaText
  ) throws(JinjaError) {
    try pay()
    switch value {
    case .none: try append("null", to: &text)
    case .bool(let value): try append(value ? "true" : "false", to: &text)
    case .integer(let value): try append("\(value)", to: &text)
    case .number(let value): try append("\(value)", to: &text)
    case .text(let value): try writeJSON(value, style, into: &text)
    case .sequence(let sequence):
      try append("[", to: &text)
      for (index, element) in sequence.elements.enumerated() {
        try append((index > 0 ? style.separators.item : "") + style.lineBreak(level + 1), to: &text)
        try writeJSON(element, style, level: level + 1, into: &text)
      }
      try append((sequence.elements.isEmpty ? "" : style.lineBreak(level)) + "]", to: &text)
    case .map(let map):
      try append("{", to: &text)
      let members =
        style.sortsKeys ? map.members.sorted { $0.key.lexicographicallyPrecedes($1.key) } : map.members
      for (index, member) in members.enumerated() {
        try append((index > 0 ? style.separators.item : "") + style.lineBreak(level + 1), to: &text)
        try writeJSON(member.key, style, into: &text)
        try append(style.separators.key, to: &text)
        try writeJSON(member.value, style, level: level + 1, into: &text)
      }
      try append((members.isEmpty ? "" : style.lineBreak(level)) + "}", to: &text)
    default: throw impossible("\(value.kind) has no form in JSON")
    }
  }

  private mutating func writeJSON(_ value: JinjaText, _ style: JSONStyle, into text: inout JinjaText) throws(JinjaError)
  {
    try pay(scalars: value.count)
    text.append("\"")
    for scalar in value {
      switch scalar {
      case "\"", "\\": text += ["\\", scalar]
      case "\n": text += "\\n".unicodeScalars
      case "\r": text += "\\r".unicodeScalars
      case "\t": text += "\\t".unicodeScalars
      case "\u{8}": text += "\\b".unicodeScalars
      case "\u{c}": text += "\\f".unicodeScalars
      case _ where scalar.value < 0x20 || (style.isASCII && scalar.value > 0x7f):
        for unit in UTF16.encode(scalar)! { text += "\\u\(UInt32(unit).hexadecimal(4))".unicodeScalars }
      default: text.append(scalar)
      }
    }
    text.append("\"")
  }
}

extension UInt32 {
  fileprivate func hexadecimal(_ width: Int) -> String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}

extension Unicode.Scalar {
  /// Python's `str.isprintable`.
  fileprivate var isPythonPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}
