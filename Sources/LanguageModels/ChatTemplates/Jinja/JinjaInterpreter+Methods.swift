/// Methods of Python's texts and dictionaries.
extension JinjaInterpreter {
  static let mapMethods: Set<String> = [
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]

  mutating func method(
    _ name: String, of object: JinjaValue, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    switch object {
    case .text(let text): return try method(name, of: text, arguments)
    case .map(let map): return try method(name, of: map, arguments)
    case .undefined: throw impossible("\(object.kind) has no method \(quoted(name))")
    default: throw unsupported("the method \(quoted(name)) of \(object.kind)")
    }
  }

  private mutating func method(
    _ name: String, of map: JinjaMap, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    try pay(steps: map.members.count)
    switch name {
    case "items": return try items(of: map)
    case "keys": return try sequence(map.members.map { .text($0.key) })
    case "values": return try sequence(map.members.map(\.value))
    case "get":
      guard case .text(let key)? = arguments.positional.first else { throw impossible("'get' takes a text") }
      return map[key] ?? (arguments.positional.count > 1 ? arguments.positional[1] : .none)
    default: throw unsupported("the method \(quoted(name)) of a mapping")
    }
  }

  func items(of map: JinjaMap) throws(JinjaError) -> JinjaValue {
    var pairs: [JinjaValue] = []
    for member in map.members { pairs.append(try sequence([.text(member.key), member.value], isTuple: true)) }
    return try sequence(pairs)
  }

  private mutating func method(
    _ name: String, of text: JinjaText, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    try pay(scalars: 2 * text.count)
    guard arguments.named.isEmpty else { throw unsupported("a named argument of the method \(quoted(name))") }
    let given = arguments.positional
    func argument(_ place: Int) throws(JinjaError) -> JinjaText {
      guard place < given.count, case .text(let text) = given[place] else {
        throw impossible("the method \(quoted(name)) takes a text")
      }
      return text
    }
    func count(_ place: Int) throws(JinjaError) -> Int? {
      guard place < given.count else { return nil }
      guard let count = given[place].integer else { throw impossible("the method \(quoted(name)) takes an integer") }
      return count < 0 ? nil : count
    }
    switch name {
    case "strip", "lstrip", "rstrip":
      var characters: JinjaText?
      if let first = given.first, case .text(let text) = first { characters = text }
      try pay(steps: 1 + text.count / 8 * (characters?.count ?? 1))
      return .text(
        JinjaText(text[...].trimmed(of: characters, atStart: name != "rstrip", atEnd: name != "lstrip")))
    case "split", "rsplit":
      guard given.first.map({ if case .none = $0 { false } else { true } }) ?? false else {
        guard given.count < 2 else { throw unsupported("splitting at white space a number of times") }
        let words = text.split(whereSeparator: \.isPythonSpace).map { JinjaValue.text(JinjaText($0)) }
        return try sequence(words)
      }
      let separator = try argument(0)
      guard !separator.isEmpty else { throw impossible("the separator is empty") }
      let most = try count(1) ?? .max
      let parts =
        name == "split"
        ? text.parts(between: separator, most: most)
        : JinjaText(text.reversed()).parts(between: separator.reversed(), most: most).reversed().map { $0.reversed() }
      try pay(steps: parts.count)
      return try sequence(parts.map(JinjaValue.text))
    case "splitlines": throw unsupported("the method 'splitlines'")
    case "startswith", "endswith":
      guard given.count == 1 else { throw unsupported("the method \(quoted(name)) with a place") }
      var candidates = [given[0]]
      if case .sequence(let sequence) = given[0] { candidates = sequence.elements }
      for case .text(let part) in candidates {
        let isThere = name == "startswith" ? text.starts(with: part) : text.reversed().starts(with: part.reversed())
        if isThere { return .bool(true) }
      }
      return .bool(false)
    case "replace": return .text(try replaced(text, try argument(0), try argument(1), most: try count(2) ?? .max))
    case "removeprefix":
      let part = try argument(0)
      return .text(text.starts(with: part) ? JinjaText(text.dropFirst(part.count)) : text)
    case "removesuffix":
      let part = try argument(0)
      let isThere = text.reversed().starts(with: part.reversed())
      return .text(isThere ? JinjaText(text.dropLast(part.count)) : text)
    case "upper", "lower", "capitalize": return .text(Self.cased(text, name))
    case "find": return .integer(text.firstPlace(of: try argument(0)) ?? -1)
    case "count":
      let part = try argument(0)
      return .integer(part.isEmpty ? text.count + 1 : text.parts(between: part, most: .max).count - 1)
    case "join":
      guard let list = given.first else { throw impossible("'join' takes a list") }
      return .text(try joined(try elements(of: list), with: text))
    default: throw unsupported("the method \(quoted(name)) of a text")
    }
  }

  static func cased(_ text: JinjaText, _ method: String) -> JinjaText {
    let string = String(String.UnicodeScalarView(text))
    switch method {
    case "upper": return JinjaText(string.uppercased().unicodeScalars)
    case "lower": return JinjaText(string.lowercased().unicodeScalars)
    default:
      guard let first = text.first else { return [] }
      let rest = String(String.UnicodeScalarView(text.dropFirst())).lowercased()
      return JinjaText(first.properties.titlecaseMapping.unicodeScalars) + rest.unicodeScalars
    }
  }

  mutating func replaced(
    _ text: JinjaText, _ old: JinjaText, _ new: JinjaText, most: Int
  ) throws(JinjaError) -> JinjaText {
    guard !old.isEmpty else { throw unsupported("replacing an empty text") }
    let parts = text.parts(between: old, most: most)
    let (added, overflow) = new.count.multipliedReportingOverflow(by: parts.count)
    try pay(steps: parts.count, scalars: overflow ? .max : added)
    return JinjaText(parts.joined(separator: new))
  }

  mutating func joined(_ values: [JinjaValue], with separator: JinjaText) throws(JinjaError) -> JinjaText {
    var text: JinjaText = []
    for (index, value) in values.enumerated() {
      let next = try printed(value)
      try pay(scalars: separator.count + next.count)
      if index > 0 { text += separator }
      text += next
    }
    return text
  }
}

extension JinjaText {
  /// The parts between the places of a separator, of which at most `most` count.
  fileprivate func parts(between separator: JinjaText, most: Int) -> [JinjaText] {
    var parts: [JinjaText] = []
    var start = 0
    while parts.count < most, let place = firstPlace(of: separator, from: start) {
      parts.append(JinjaText(self[start..<place]))
      start = place + separator.count
    }
    return parts + [JinjaText(self[start...])]
  }
}
