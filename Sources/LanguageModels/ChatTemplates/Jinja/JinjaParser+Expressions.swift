/// Expressions, from what binds least to what binds most, as Jinja2 orders them.
extension JinjaParser {
  /// One expression, or several with commas between them as a tuple.
  mutating func tuple(allowsConditional: Bool = true) throws(JinjaError) -> JinjaExpression {
    let first = allowsConditional ? try expression() : try or()
    guard token == .symbol(",") else { return first }
    var elements = [first]
    while take(",") {
      if token == .blockEnd || token == .outputEnd || token == .symbol(")") { break }
      elements.append(allowsConditional ? try expression() : try or())
    }
    return .sequence(elements, isTuple: true)
  }

  mutating func expression() throws(JinjaError) -> JinjaExpression {
    try nested { (parser) throws(JinjaError) in
      var value = try parser.or()
      while parser.take(.name("if")) {
        try parser.countOperation()
        let condition = try parser.or()
        let otherwise = parser.take(.name("else")) ? try parser.expression() : nil
        value = .conditional(value, condition: condition, otherwise: otherwise)
      }
      return value
    }
  }

  private mutating func or() throws(JinjaError) -> JinjaExpression {
    var left = try and()
    while take(.name("or")) {
      try countOperation()
      left = .or(left, try and())
    }
    return left
  }

  private mutating func and() throws(JinjaError) -> JinjaExpression {
    var left = try not()
    while take(.name("and")) {
      try countOperation()
      left = .and(left, try not())
    }
    return left
  }

  private mutating func not() throws(JinjaError) -> JinjaExpression {
    guard take(.name("not")) else { return try comparison() }
    return .not(try nested { (parser) throws(JinjaError) in try parser.not() })
  }

  private mutating func comparison() throws(JinjaError) -> JinjaExpression {
    let left = try sum()
    var others: [(JinjaExpression.Comparison, JinjaExpression)] = []
    while let comparison = takeComparison() {
      try countOperation()
      others.append((comparison, try sum()))
    }
    return others.isEmpty ? left : .comparison(left, others)
  }

  private mutating func takeComparison() -> JinjaExpression.Comparison? {
    switch token {
    case .symbol(let symbol):
      guard let comparison = JinjaExpression.Comparison(rawValue: symbol) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .in
    case .name("not") where following == .name("in"):
      advance()
      advance()
      return .notIn
    default: return nil
    }
  }

  private mutating func takeOperation(_ operations: [JinjaExpression.Operation]) -> JinjaExpression.Operation? {
    guard case .symbol(let symbol) = token, let operation = operations.first(where: { $0.rawValue == symbol }) else {
      return nil
    }
    advance()
    return operation
  }

  private mutating func sum() throws(JinjaError) -> JinjaExpression {
    var left = try concatenation()
    while let operation = takeOperation([.add, .subtract]) {
      try countOperation()
      left = .operation(operation, left, try concatenation())
    }
    return left
  }

  private mutating func concatenation() throws(JinjaError) -> JinjaExpression {
    var parts = [try product()]
    while take("~") {
      try countOperation()
      parts.append(try product())
    }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func product() throws(JinjaError) -> JinjaExpression {
    var left = try power()
    while let operation = takeOperation([.multiply, .divide, .floorDivide, .modulo]) {
      try countOperation()
      left = .operation(operation, left, try power())
    }
    return left
  }

  private mutating func power() throws(JinjaError) -> JinjaExpression {
    var left = try unary(takesFilters: true)
    while let operation = takeOperation([.power]) {
      try countOperation()
      left = .operation(operation, left, try unary(takesFilters: true))
    }
    return left
  }

  private mutating func unary(takesFilters: Bool) throws(JinjaError) -> JinjaExpression {
    var value: JinjaExpression
    if take("-") {
      value = .negative(try nested { (parser) throws(JinjaError) in try parser.unary(takesFilters: false) })
    } else if take("+") {
      value = .positive(try nested { (parser) throws(JinjaError) in try parser.unary(takesFilters: false) })
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return takesFilters ? try filters(value) : value
  }

  private mutating func primary() throws(JinjaError) -> JinjaExpression {
    let token = token
    switch token {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .constant(.bool(true))
      case "false", "False": return .constant(.bool(false))
      case "none", "None": return .constant(.none)
      default: return .name(name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = self.token {
        text += more
        advance()
      }
      return .constant(.text(text))
    case .integer(let value):
      advance()
      return .constant(.integer(value))
    case .number(let value):
      advance()
      return .constant(.number(value))
    case .symbol("("):
      advance()
      if take(")") { return .sequence([], isTuple: true) }
      let value = try tuple()
      try expect(")")
      return value
    case .symbol("["):
      advance()
      var elements: [JinjaExpression] = []
      while !take("]") {
        if !elements.isEmpty {
          try expect(",")
          if take("]") { break }
        }
        elements.append(try expression())
      }
      return .sequence(elements, isTuple: false)
    case .symbol("{"):
      advance()
      return try map()
    default: throw expected("an expression")
    }
  }

  private mutating func map() throws(JinjaError) -> JinjaExpression {
    var members: [(key: JinjaExpression, value: JinjaExpression)] = []
    while !take("}") {
      if !members.isEmpty {
        try expect(",")
        if take("}") { break }
      }
      let key = try expression()
      try expect(":")
      members.append((key, try expression()))
    }
    return .map(members)
  }

  private mutating func postfix(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if take(".") {
        try countOperation()
        if case .integer(let index) = token {
          advance()
          value = .item(value, .constant(.integer(index)))
        } else {
          value = .attribute(value, try name("the name of an attribute"))
        }
      } else if take("[") {
        try countOperation()
        value = try subscripted(value)
      } else if token == .symbol("(") {
        try countOperation()
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    let first = token == .symbol(":") ? nil : try expression()
    if let first, take("]") { return .item(value, first) }
    try expect(":")
    func isBound(_ token: JinjaToken) -> Bool { token != .symbol(":") && token != .symbol("]") }
    let to = isBound(token) ? try expression() : nil
    var by: JinjaExpression?
    if take(":"), isBound(token) { by = try expression() }
    try expect("]")
    return .slice(value, from: first, to: to, by: by)
  }

  /// Filters and tests, and calls of what they give.
  private mutating func filters(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if take("|") {
        try countOperation()
        let name = try name("the name of a filter")
        value = .filter(value, name, token == .symbol("(") ? try arguments() : JinjaArguments())
      } else if take(.name("is")) {
        try countOperation()
        let isNegated = take(.name("not"))
        let test = JinjaExpression.test(value, try name("the name of a test"), try testArguments())
        value = isNegated ? .not(test) : test
      } else {
        return value
      }
    }
  }

  /// In parentheses, or one simple expression without.
  private mutating func testArguments() throws(JinjaError) -> [JinjaExpression] {
    switch token {
    case .symbol("("):
      let arguments = try arguments()
      guard arguments.named.isEmpty else { throw unsupported("a named argument of a test") }
      return arguments.positional
    case .name(let name):
      guard !["else", "or", "and", "is", "if", "in", "not", "recursive"].contains(name) else { return [] }
    case .string, .integer, .number, .symbol("["), .symbol("{"): break
    default: return []
    }
    let argument = try primary()
    return [try postfix(argument)]
  }

  mutating func arguments() throws(JinjaError) -> JinjaArguments {
    try expect("(")
    var arguments = JinjaArguments()
    while !take(")") {
      if !(arguments.positional.isEmpty && arguments.named.isEmpty) {
        try expect(",")
        if take(")") { break }
      }
      if token == .symbol("*") || token == .symbol("**") { throw unsupported("an argument with '*'") }
      if case .name(let name) = token, following == .symbol("=") {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else { throw expected("the name of an argument") }
        arguments.positional.append(try expression())
      }
    }
    return arguments
  }
}
