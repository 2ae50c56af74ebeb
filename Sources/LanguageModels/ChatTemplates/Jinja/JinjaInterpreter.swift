/// Renders a template with given variables.
///
/// What a template may cost is bounded: steps, text that is made on the way, nesting and the length of the result.
struct JinjaInterpreter {
  /// How a body came to its end.
  private enum Flow {
    case through, broken, continued
  }

  /// Names, the innermost last. A macro sees the first and its own.
  private var scopes: [[String: JinjaValue]]
  private var outputs: [JinjaText] = [[]]
  private var depth = 0
  private var stepsLeft = 5_000_000
  private var scalarsLeft = 1 << 28
  /// Of the tag at hand.
  private(set) var line = 1

  static let longestOutput = 1 << 24
  private static let deepest = 200
  private static let deepestValue = 50

  static func render(
    _ template: [JinjaStatement], _ variables: [String: JinjaValue]
  ) throws(JinjaError) -> String {
    var interpreter = JinjaInterpreter(scopes: [variables])
    _ = try interpreter.run(template)
    return String(String.UnicodeScalarView(interpreter.outputs[0]))
  }

  private init(scopes: [[String: JinjaValue]]) { self.scopes = scopes }

  // MARK: Errors and limits

  func failure(_ problem: JinjaError.Problem) -> JinjaError { JinjaError(line: line, problem: problem) }

  func impossible(_ what: String) -> JinjaError { failure(.impossible(what)) }

  func unsupported(_ what: String) -> JinjaError { failure(.unsupported(what)) }

  /// Pays for work before it is done.
  mutating func pay(steps: Int = 1, scalars: Int = 0) throws(JinjaError) {
    guard steps <= stepsLeft, scalars <= scalarsLeft else {
      throw failure(.excessive("rendering takes more work than any chat template needs"))
    }
    stepsLeft -= steps
    scalarsLeft -= scalars
  }

  mutating func nested<Result>(
    _ body: (inout JinjaInterpreter) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    depth += 1
    guard depth <= Self.deepest else { throw failure(.excessive("nested deeper than \(Self.deepest) levels")) }
    defer { depth -= 1 }
    return try body(&self)
  }

  /// A value that may lie in another one.
  private func storable(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    if case .namespace = value { throw unsupported("a namespace inside of another value") }
    guard value.depth < Self.deepestValue else {
      throw failure(.excessive("values nested deeper than \(Self.deepestValue) levels"))
    }
    return value
  }

  func sequence(_ elements: [JinjaValue], isTuple: Bool = false) throws(JinjaError) -> JinjaValue {
    for element in elements { _ = try storable(element) }
    return .sequence(JinjaSequence(elements, isTuple: isTuple))
  }

  func map(_ members: [(JinjaText, JinjaValue)]) throws(JinjaError) -> JinjaValue {
    var map = JinjaMap()
    for (key, value) in members { map[key] = try storable(value) }
    return .map(map)
  }

  // MARK: Names

  func value(of name: String) throws(JinjaError) -> JinjaValue {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    switch name {
    case "range", "namespace", "raise_exception", "dict": return .function(name)
    // Jinja has them; taking them for undefined would give another text than Jinja's.
    case "caller", "varargs", "kwargs", "self", "super", "cycler", "joiner", "lipsum":
      throw unsupported("the name \(quoted(name))")
    default: return .undefined(quoted(name))
    }
  }

  private mutating func assign(_ value: JinjaValue, to target: JinjaTarget) throws(JinjaError) {
    switch target {
    case .name(let name): scopes[scopes.count - 1][name] = value
    case .attribute(let owner, let name):
      guard case .namespace(let namespace) = try self.value(of: owner) else {
        throw impossible("cannot set an attribute of \(quoted(owner)), which is no namespace")
      }
      namespace.members[name] = try storable(value)
    }
  }

  /// Gives each name a part of the value, or the one name all of it.
  private mutating func assign(_ value: JinjaValue, to targets: [JinjaTarget]) throws(JinjaError) {
    guard targets.count > 1 else { return try assign(value, to: targets[0]) }
    let parts = try elements(of: value)
    guard parts.count == targets.count else {
      throw impossible("expected \(targets.count) values, but there are \(parts.count)")
    }
    for (target, part) in zip(targets, parts) { try assign(part, to: target) }
  }

  // MARK: Statements

  private mutating func write(_ text: JinjaText) throws(JinjaError) {
    try pay(scalars: text.count)
    guard outputs[outputs.count - 1].count + text.count <= Self.longestOutput else {
      throw failure(.excessive("the text has more than \(Self.longestOutput) characters"))
    }
    outputs[outputs.count - 1] += text
  }

  private mutating func run(_ statements: [JinjaStatement]) throws(JinjaError) -> Flow {
    try nested { (it) throws(JinjaError) in
      for statement in statements {
        try it.pay()
        let flow = try it.run(statement)
        guard flow == .through else { return flow }
      }
      return .through
    }
  }

  private mutating func run(_ statement: JinjaStatement) throws(JinjaError) -> Flow {
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression, let line):
      self.line = line
      try write(try printed(try evaluate(expression)))
    case .set(let targets, let expression, let line):
      self.line = line
      try assign(try evaluate(expression), to: targets)
    case .capture(let target, let body, let line):
      self.line = line
      let text = try captured(body)
      try assign(.text(text), to: target)
    case .choice(let branches, let otherwise):
      for branch in branches {
        line = branch.line
        if try evaluate(branch.condition).isTrue { return try run(branch.body) }
      }
      return try run(otherwise)
    case .loop(let loop, let line):
      self.line = line
      try run(loop)
    case .macro(let name, let macro): scopes[scopes.count - 1][name] = .macro(name, macro)
    case .scope(let body):
      scopes.append([:])
      let flow = try run(body)
      scopes.removeLast()
      return flow
    case .filtered(let name, let arguments, let body, let line):
      let text = try captured(body)
      self.line = line
      try write(try printed(try filter(.text(text), name, try evaluate(arguments))))
    case .break: return .broken
    case .continue: return .continued
    }
    return .through
  }

  /// What statements write; names that they set stay inside.
  private mutating func captured(_ body: [JinjaStatement]) throws(JinjaError) -> JinjaText {
    outputs.append([])
    scopes.append([:])
    _ = try run(body)
    scopes.removeLast()
    return outputs.removeLast()
  }

  private mutating func run(_ loop: JinjaLoop) throws(JinjaError) {
    let targets = loop.targets.map(JinjaTarget.name)
    var values = try elements(of: try evaluate(loop.values))
    if let condition = loop.condition {
      var kept: [JinjaValue] = []
      for value in values {
        try pay()
        scopes.append([:])
        try assign(value, to: targets)
        if try evaluate(condition).isTrue { kept.append(value) }
        scopes.removeLast()
      }
      values = kept
    }
    if values.isEmpty {
      scopes.append([:])
      _ = try run(loop.otherwise)
      scopes.removeLast()
    }
    let depth = scopes.count
    for (index, value) in values.enumerated() {
      try pay(steps: 4)
      scopes.append(["loop": Self.state(index, of: values)])
      try assign(value, to: targets)
      let flow = try run(loop.body)
      scopes.removeLast(scopes.count - depth)
      if flow == .broken { break }
    }
  }

  /// The variable `loop`.
  private static func state(_ index: Int, of values: [JinjaValue]) -> JinjaValue {
    var members: [(String, JinjaValue)] = [
      ("index", .integer(index + 1)), ("index0", .integer(index)), ("length", .integer(values.count)),
      ("revindex", .integer(values.count - index)), ("revindex0", .integer(values.count - index - 1)),
      ("first", .bool(index == 0)), ("last", .bool(index == values.count - 1)),
    ]
    if index > 0 { members.append(("previtem", values[index - 1])) }
    if index + 1 < values.count { members.append(("nextitem", values[index + 1])) }
    return .map(JinjaMap(members))
  }

  // MARK: Macros

  mutating func call(
    _ name: String, _ macro: JinjaMacro, _ arguments: JinjaValues
  ) throws(JinjaError) -> JinjaValue {
    guard arguments.positional.count <= macro.parameters.count else {
      throw impossible("the macro \(quoted(name)) takes \(macro.parameters.count) arguments")
    }
    for (given, _) in arguments.named where !macro.parameters.contains(where: { $0.name == given }) {
      throw impossible("the macro \(quoted(name)) has no parameter \(quoted(given))")
    }
    let (kept, line) = (scopes, line)
    scopes = [scopes[0], [:]]
    outputs.append([])
    for (index, parameter) in macro.parameters.enumerated() {
      let value: JinjaValue
      if index < arguments.positional.count {
        value = arguments.positional[index]
      } else if let named = arguments[parameter.name] {
        value = named
      } else if let standard = parameter.standard {
        value = try evaluate(standard)
      } else {
        value = .undefined("parameter \(quoted(parameter.name))")
      }
      scopes[1][parameter.name] = value
    }
    _ = try run(macro.body)
    scopes = kept
    self.line = line
    return .text(outputs.removeLast())
  }
}

/// Arguments that have been computed.
struct JinjaValues {
  var positional: [JinjaValue] = []
  var named: [(name: String, value: JinjaValue)] = []

  subscript(name: String) -> JinjaValue? { named.first { $0.name == name }?.value }

  /// An argument by its place or else by its name.
  subscript(place: Int, name: String) -> JinjaValue? {
    place < positional.count ? positional[place] : self[name]
  }
}
