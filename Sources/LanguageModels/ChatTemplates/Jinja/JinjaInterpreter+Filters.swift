/// Filters and tests, as Jinja2 3.1 documents them under "List of Builtin Filters" and "List of Builtin Tests".
extension JinjaInterpreter {
  mutating func filter(
    _ value: JinjaValue, _ name: String, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    switch name {
    case "trim":
      var characters: JinjaText?
      if case .text(let given)? = arguments[0, "chars"] { characters = given }
      let text = try printed(value)
      try pay(steps: 1 + text.count / 8 * (characters?.count ?? 1), scalars: text.count)
      return .text(JinjaText(text[...].trimmed(of: characters)))
    case "string", "safe": return .text(try printed(value))
    case "upper", "lower", "capitalize":
      let text = try printed(value)
      try pay(scalars: 2 * text.count)
      return .text(Self.cased(text, name))
    case "title": return .text(try titled(try printed(value)))
    case "length", "count": return .integer(try length(of: value))
    case "default", "d":
      let isTaken = value.isUndefined || (arguments[1, "boolean"]?.isTrue == true && !value.isTrue)
      return isTaken ? arguments[0, "default_value"] ?? .text([]) : value
    case "tojson": return .text(try json(value, arguments))
    case "replace":
      guard case .text(let old)? = arguments[0, "old"], case .text(let new)? = arguments[1, "new"] else {
        throw impossible("the filter 'replace' takes two texts")
      }
      let text = try printed(value)
      try pay(scalars: text.count)
      return .text(try replaced(text, old, new, most: arguments[2, "count"]?.integer ?? .max))
    case "join":
      var separator: JinjaText = []
      if let given = arguments[0, "d"] { separator = try printed(given) }
      var values = try elements(of: value)
      if let path = arguments[1, "attribute"] { values = try parts(path, of: values) }
      return .text(try joined(values, with: separator))
    case "first", "last":
      let all = try elements(of: value)
      return (name == "first" ? all.first : all.last) ?? .undefined("the \(name) element of nothing")
    case "list": return try sequence(try elements(of: value))
    case "reverse":
      if case .text(let text) = value { return .text(text.reversed()) }
      return try sequence(try elements(of: value).reversed())
    case "items":
      guard case .map(let map) = value else {
        if value.isUndefined { return try sequence([]) }
        throw impossible("\(value.kind) has no items")
      }
      try pay(steps: map.members.count)
      return try items(of: map)
    case "dictsort":
      guard case .map(let map) = value, arguments.positional.isEmpty, arguments.named.isEmpty else {
        throw unsupported("the filter 'dictsort' with arguments, or of what is no mapping")
      }
      try pay(steps: map.members.count * 8)
      let keyed = map.members.map { (sorted: Self.cased($0.key, "lower"), member: $0) }
      let members = keyed.sorted { $0.sorted.lexicographicallyPrecedes($1.sorted) }.map(\.member)
      return try sequence(
        try members.map { (member) throws(JinjaError) in
          try sequence([.text(member.key), member.value], isTuple: true)
        })
    case "select", "reject", "selectattr", "rejectattr": return try selected(value, name, arguments)
    case "map":
      // Jinja takes whatever counts as false for nothing.
      let values = value.isTrue ? try elements(of: value) : []
      try pay(steps: values.count)
      if let path = arguments["attribute"] { return try sequence(try parts(path, of: values)) }
      guard case .text(let filter)? = arguments.positional.first else {
        throw unsupported("the filter 'map' without the name of a filter or an attribute")
      }
      let rest = JinjaValues(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
      var mapped: [JinjaValue] = []
      for value in values {
        mapped.append(try nested { (it) throws(JinjaError) in try it.filter(value, String(text: filter), rest) })
      }
      return try sequence(mapped)
    case "unique":
      var kept: [JinjaValue] = []
      for value in try elements(of: value) {
        var isNew = true
        for other in kept where try isEqual(Self.folded(other), Self.folded(value)) { isNew = false }
        if isNew { kept.append(value) }
      }
      return try sequence(kept)
    case "indent": return .text(try indented(try printed(value), arguments))
    case "int": return try integer(value, standard: arguments[0, "default"])
    case "float":
      if let number = value.number { return .number(number) }
      guard case .text(let text) = value else { return arguments[0, "default"] ?? .number(0) }
      guard let number = Double(String(text: text[...].trimmed())), number.isFinite else {
        return arguments[0, "default"] ?? .number(0)
      }
      return .number(number)
    case "abs":
      if let integer = value.integer { return integer < 0 ? try negative(value) : .integer(integer) }
      guard case .number(let number) = value else { throw impossible("\(value.kind) has no magnitude") }
      return .number(abs(number))
    default: throw unsupported("the filter \(quoted(name))")
    }
  }

  private static func folded(_ value: JinjaValue) -> JinjaValue {
    if case .text(let text) = value { .text(cased(text, "lower")) } else { value }
  }

  private func length(of value: JinjaValue) throws(JinjaError) -> Int {
    switch value {
    case .undefined: return 0
    case .text(let text): return text.count
    case .sequence(let sequence): return sequence.elements.count
    case .map(let map): return map.members.count
    default: throw impossible("\(value.kind) has no length")
    }
  }

  private mutating func titled(_ text: JinjaText) throws(JinjaError) -> JinjaText {
    try pay(scalars: 2 * text.count)
    var result: JinjaText = []
    var word: JinjaText = []
    for scalar in text {
      if scalar.isPythonSpace || ["-", "(", "{", "[", "<"].contains(scalar) {
        result += Self.cased(word, "capitalize")
        result.append(scalar)
        word = []
      } else {
        word.append(scalar)
      }
    }
    return result + Self.cased(word, "capitalize")
  }

  private func integer(_ value: JinjaValue, standard: JinjaValue?) throws(JinjaError) -> JinjaValue {
    let standard = standard ?? .integer(0)
    switch value {
    case .integer, .bool: return .integer(value.integer ?? 0)
    case .number(let number): return Int(exactly: number.rounded(.towardZero)).map(JinjaValue.integer) ?? standard
    case .text(let text):
      let trimmed = String(text: text[...].trimmed())
      if let integer = Int(trimmed) { return .integer(integer) }
      return Double(trimmed).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(JinjaValue.integer) ?? standard
    default: return standard
    }
  }

  private mutating func indented(_ text: JinjaText, _ arguments: JinjaValues) throws(JinjaError) -> JinjaText {
    var indentation = JinjaText(repeating: " ", count: 4)
    switch arguments[0, "width"] {
    case .text(let given)?: indentation = given
    case let width?: indentation = JinjaText(repeating: " ", count: max(0, min(width.integer ?? 4, 1000)))
    case nil: break
    }
    let indentsFirst = arguments[1, "first"]?.isTrue ?? false
    let indentsBlank = arguments[2, "blank"]?.isTrue ?? false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    try pay(steps: lines.count, scalars: text.count + lines.count * indentation.count)
    var result: JinjaText = []
    for (index, line) in lines.enumerated() {
      if index > 0 { result.append("\n") }
      if index == 0 ? indentsFirst : indentsBlank || !line.isEmpty { result += indentation }
      result += line
    }
    return result
  }

  // MARK: Choosing elements

  /// `a.b.0` of each value.
  private mutating func parts(_ path: JinjaValue, of values: [JinjaValue]) throws(JinjaError) -> [JinjaValue] {
    try values.map { (value) throws(JinjaError) in try part(path, of: value) }
  }

  private mutating func part(_ path: JinjaValue, of value: JinjaValue) throws(JinjaError) -> JinjaValue {
    guard case .text(let text) = path else { return try item(path, of: value) }
    var value = value
    for name in text.split(separator: ".", omittingEmptySubsequences: false) {
      try pay(steps: 1 + name.count)
      let index = name.allSatisfy { ("0"..."9").contains($0) } ? Int(String(text: name)) : nil
      value = try item(index.map(JinjaValue.integer) ?? .text(JinjaText(name)), of: value)
    }
    return value
  }

  private mutating func selected(
    _ value: JinjaValue, _ name: String, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    guard arguments.named.isEmpty else { throw unsupported("a named argument of the filter \(quoted(name))") }
    var given = arguments.positional[...]
    let path = name.hasSuffix("attr") ? given.popFirst() : nil
    guard path != nil || !name.hasSuffix("attr") else {
      throw impossible("the filter \(quoted(name)) takes an attribute")
    }
    var test: String?
    if let first = given.popFirst() {
      guard case .text(let text) = first else { throw impossible("the name of a test is a text") }
      test = String(text: text)
    }
    var kept: [JinjaValue] = []
    for element in value.isTrue ? try elements(of: value) : [] {
      try pay()
      let examined = try path.map { (path) throws(JinjaError) in try part(path, of: element) } ?? element
      let holds =
        try test.map { (test) throws(JinjaError) in try self.test(examined, test, Array(given)) } ?? examined.isTrue
      if holds == name.hasPrefix("select") { kept.append(element) }
    }
    return try sequence(kept)
  }

  // MARK: Tests

  mutating func test(_ value: JinjaValue, _ name: String, _ arguments: [JinjaValue]) throws(JinjaError) -> Bool {
    func integer() throws(JinjaError) -> Int {
      guard let integer = value.integer else { throw impossible("\(value.kind) is no integer") }
      return integer
    }
    func other() throws(JinjaError) -> JinjaValue {
      guard let other = arguments.first else { throw impossible("the test \(quoted(name)) takes a value") }
      return other
    }
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": if case .none = value { return true } else { return false }
    case "string": if case .text = value { return true } else { return false }
    case "mapping": if case .map = value { return true } else { return false }
    case "boolean": if case .bool = value { return true } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .number = value { return true } else { return false }
    case "number": return value.number != nil
    case "true": if case .bool(true) = value { return true } else { return false }
    case "false": if case .bool(false) = value { return true } else { return false }
    case "sequence", "iterable":
      switch value {
      case .undefined, .text, .sequence, .map: return true
      default: return false
      }
    case "callable":
      switch value {
      case .macro, .function, .undefined: return true
      default: return false
      }
    case "odd": return try integer() % 2 != 0
    case "even": return try integer() % 2 == 0
    case "divisibleby":
      guard let divisor = try other().integer, divisor != 0 else { throw impossible("a division by 0") }
      return try integer().remainderReportingOverflow(dividingBy: divisor).partialValue == 0
    case "eq", "equalto": return try isEqual(value, try other())
    case "ne": return try !isEqual(value, try other())
    case "lt", "lessthan": return try compare(value, .less, try other())
    case "le": return try compare(value, .lessOrEqual, try other())
    case "gt", "greaterthan": return try compare(value, .greater, try other())
    case "ge": return try compare(value, .greaterOrEqual, try other())
    case "in": return try contains(try other(), value)
    default:
      guard let comparison = JinjaExpression.Comparison(rawValue: name) else {
        throw unsupported("the test \(quoted(name))")
      }
      return try compare(value, comparison, try other())
    }
  }
}

extension String {
  fileprivate init(text: some Sequence<Unicode.Scalar>) {
    var view = UnicodeScalarView()
    view.append(contentsOf: text)
    self.init(view)
  }
}
