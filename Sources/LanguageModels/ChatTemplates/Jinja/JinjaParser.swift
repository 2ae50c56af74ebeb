/// Reads a template's statements. Nesting and the length of expressions are bounded, because templates come from files
/// that nobody vouches for.
struct JinjaParser {
  private let tokens: [(token: JinjaToken, line: Int)]
  private var position = 0
  private var nesting = 0
  /// Operations of the tag at hand.
  var operations = 0
  private var enclosing: [Enclosure] = []

  private enum Enclosure {
    case loop, macro
  }

  private static let deepestNesting = 50
  private static let mostOperations = 500
  private static let longestSource = 1 << 20

  static func parse(_ source: String) throws(JinjaError) -> [JinjaStatement] {
    guard source.utf8.count <= longestSource else {
      throw JinjaError(line: 1, problem: .excessive("the template has more than \(longestSource) bytes"))
    }
    var parser = JinjaParser(tokens: try JinjaLexer.tokens(source))
    return try parser.statements(until: []).body
  }

  private init(tokens: [(token: JinjaToken, line: Int)]) { self.tokens = tokens }

  // MARK: Tokens

  var line: Int { tokens[position].line }
  var token: JinjaToken { tokens[position].token }
  var following: JinjaToken { tokens[min(position + 1, tokens.count - 1)].token }

  mutating func advance() { if position + 1 < tokens.count { position += 1 } }

  mutating func take(_ symbol: String) -> Bool { take(.symbol(symbol)) }

  mutating func take(_ wanted: JinjaToken) -> Bool {
    guard token == wanted else { return false }
    advance()
    return true
  }

  mutating func expect(_ wanted: JinjaToken) throws(JinjaError) {
    guard take(wanted) else { throw expected(wanted.description) }
  }

  mutating func expect(_ symbol: String) throws(JinjaError) { try expect(.symbol(symbol)) }

  mutating func name(_ what: String) throws(JinjaError) -> String {
    guard case .name(let name) = token else { throw expected(what) }
    advance()
    return name
  }

  func expected(_ what: String) -> JinjaError {
    JinjaError(line: line, problem: .expected("\(what), but found \(token.description)"))
  }

  func unsupported(_ what: String) -> JinjaError { JinjaError(line: line, problem: .unsupported(what)) }

  /// One level deeper for as long as `body` runs.
  mutating func nested<Result>(_ body: (inout JinjaParser) throws(JinjaError) -> Result) throws(JinjaError) -> Result {
    nesting += 1
    guard nesting <= Self.deepestNesting else {
      throw JinjaError(line: line, problem: .excessive("nested deeper than \(Self.deepestNesting) levels"))
    }
    defer { nesting -= 1 }
    return try body(&self)
  }

  mutating func countOperation() throws(JinjaError) {
    operations += 1
    guard operations <= Self.mostOperations else {
      throw JinjaError(line: line, problem: .excessive("more than \(Self.mostOperations) operations in one tag"))
    }
  }

  // MARK: Statements

  /// Statements up to a tag with one of the given names, whose name is consumed and returned.
  private mutating func statements(until ends: [String]) throws(JinjaError) -> (body: [JinjaStatement], end: String) {
    try nested { (parser) throws(JinjaError) in
      var body: [JinjaStatement] = []
      while true {
        parser.operations = 0
        let line = parser.line
        switch parser.token {
        case .text(let text):
          parser.advance()
          body.append(.text(text))
        case .outputBegin:
          parser.advance()
          body.append(.output(try parser.tuple(), line: line))
          try parser.expect(.outputEnd)
        case .blockBegin:
          parser.advance()
          let name = try parser.name("a statement")
          if ends.contains(name) { return (body, name) }
          body.append(try parser.statement(name, line: line))
        case .end:
          guard ends.isEmpty else { throw parser.expected(ends.map { "'{% \($0) %}'" }.joined(separator: " or ")) }
          return (body, "")
        default: throw parser.expected("text or a tag")
        }
      }
    }
  }

  private mutating func block(until end: String) throws(JinjaError) -> [JinjaStatement] {
    try expect(.blockEnd)
    let body = try statements(until: [end]).body
    try expect(.blockEnd)
    return body
  }

  private mutating func statement(_ name: String, line: Int) throws(JinjaError) -> JinjaStatement {
    switch name {
    case "if": return try choice()
    case "for": return try inside(.loop) { (parser) throws(JinjaError) in try parser.loop(line) }
    case "set": return try set(line)
    case "macro": return try macro()
    case "generation": return .scope(try block(until: "endgeneration"))
    case "filter":
      let filter = try self.name("the name of a filter")
      let arguments = token == .symbol("(") ? try self.arguments() : JinjaArguments()
      return .filtered(name: filter, arguments, try block(until: "endfilter"), line: line)
    case "break", "continue":
      guard enclosing.last == .loop else {
        throw JinjaError(line: line, problem: .expected("'\(name)' inside of a loop"))
      }
      try expect(.blockEnd)
      return name == "break" ? .break : .continue
    default: throw JinjaError(line: line, problem: .unsupported("the statement \(quoted(name))"))
    }
  }

  private mutating func inside<Result>(
    _ enclosure: Enclosure, _ body: (inout JinjaParser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    enclosing.append(enclosure)
    defer { enclosing.removeLast() }
    return try body(&self)
  }

  private mutating func choice() throws(JinjaError) -> JinjaStatement {
    var branches: [(condition: JinjaExpression, line: Int, body: [JinjaStatement])] = []
    var otherwise: [JinjaStatement] = []
    var end = "elif"
    while end != "endif" {
      let line = line
      if end == "elif" {
        let condition = try tuple(allowsConditional: false)
        try expect(.blockEnd)
        let body: [JinjaStatement]
        (body, end) = try statements(until: ["elif", "else", "endif"])
        branches.append((condition, line, body))
      } else {
        try expect(.blockEnd)
        (otherwise, end) = try statements(until: ["endif"])
      }
    }
    try expect(.blockEnd)
    return .choice(branches, otherwise: otherwise)
  }

  private mutating func loop(_ line: Int) throws(JinjaError) -> JinjaStatement {
    var targets = [try name("the name of a loop variable")]
    while take(",") { targets.append(try name("the name of a loop variable")) }
    guard take(.name("in")) else { throw expected("'in'") }
    let values = try tuple(allowsConditional: false)
    let condition = take(.name("if")) ? try expression() : nil
    if token == .name("recursive") { throw unsupported("a recursive loop") }
    try expect(.blockEnd)
    let (body, end) = try statements(until: ["else", "endfor"])
    var otherwise: [JinjaStatement] = []
    if end == "else" {
      try expect(.blockEnd)
      otherwise = try statements(until: ["endfor"]).body
    }
    try expect(.blockEnd)
    return .loop(
      JinjaLoop(targets: targets, values: values, condition: condition, body: body, otherwise: otherwise), line: line)
  }

  private mutating func set(_ line: Int) throws(JinjaError) -> JinjaStatement {
    var targets = [try target()]
    while take(",") { targets.append(try target()) }
    if take("=") {
      let value = try tuple()
      try expect(.blockEnd)
      return .set(targets, value, line: line)
    }
    guard targets.count == 1 else { throw expected("'='") }
    if token == .symbol("|") { throw unsupported("a filter on a block that is set") }
    return .capture(targets[0], try block(until: "endset"), line: line)
  }

  private mutating func target() throws(JinjaError) -> JinjaTarget {
    let name = try name("the name of a variable")
    guard take(".") else { return .name(name) }
    return .attribute(of: name, name: try self.name("the name of an attribute"))
  }

  private mutating func macro() throws(JinjaError) -> JinjaStatement {
    // It could be called when what it refers to is gone.
    guard enclosing.isEmpty else { throw unsupported("a macro inside of a loop or a macro") }
    let name = try name("the name of the macro")
    try expect("(")
    var parameters: [(name: String, standard: JinjaExpression?)] = []
    while !take(")") {
      if !parameters.isEmpty { try expect(",") }
      let parameter = try self.name("the name of a parameter")
      parameters.append((parameter, take("=") ? try expression() : nil))
    }
    let body = try inside(.macro) { (parser) throws(JinjaError) in try parser.block(until: "endmacro") }
    return .macro(name: name, JinjaMacro(parameters: parameters, body: body))
  }
}
