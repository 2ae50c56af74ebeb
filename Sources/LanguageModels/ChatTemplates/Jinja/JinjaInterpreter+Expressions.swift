extension JinjaInterpreter {
  mutating func evaluate(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
    try pay()
    return try nested { (it) throws(JinjaError) in try it.value(of: expression) }
  }

  mutating func evaluate(_ arguments: JinjaArguments) throws(JinjaError) -> JinjaValues {
    var values = JinjaValues()
    for argument in arguments.positional { values.positional.append(try evaluate(argument)) }
    for (name, argument) in arguments.named { values.named.append((name, try evaluate(argument))) }
    return values
  }

  private mutating func evaluate(all expressions: [JinjaExpression]) throws(JinjaError) -> [JinjaValue] {
    var values: [JinjaValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  private mutating func value(of expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
    switch expression {
    case .constant(let value): return value
    case .name(let name): return try value(of: name)
    case .sequence(let elements, let isTuple): return try sequence(try evaluate(all: elements), isTuple: isTuple)
    case .map(let members):
      var values: [(JinjaText, JinjaValue)] = []
      for (key, value) in members {
        guard case .text(let key) = try evaluate(key) else {
          throw unsupported("a mapping with keys that are no texts")
        }
        values.append((key, try evaluate(value)))
      }
      try pay(steps: values.count * values.count)
      return try map(values)
    case .attribute(let object, let name): return try attribute(name, of: try evaluate(object))
    case .item(let object, let key): return try item(try evaluate(key), of: try evaluate(object))
    case .slice(let object, let from, let to, let by):
      return try slice(
        try evaluate(object), from: try bound(from), to: try bound(to), by: try bound(by))
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .filter(let value, let name, let arguments):
      return try filter(try evaluate(value), name, try evaluate(arguments))
    case .test(let value, let name, let arguments):
      return .bool(try test(try evaluate(value), name, try evaluate(all: arguments)))
    case .negative(let value): return try negative(try evaluate(value))
    case .positive(let value):
      let value = try evaluate(value)
      guard value.number != nil else { throw impossible("cannot use '+' on \(value.kind)") }
      return value
    case .not(let value): return .bool(try !evaluate(value).isTrue)
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .operation(let operation, let left, let right):
      return try compute(operation, try evaluate(left), try evaluate(right))
    case .comparison(let first, let others):
      var left = try evaluate(first)
      for (comparison, other) in others {
        let right = try evaluate(other)
        guard try compare(left, comparison, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .concatenation(let parts):
      var text: JinjaText = []
      for part in parts {
        let next = try printed(try evaluate(part))
        try pay(scalars: text.count + next.count)
        text += next
      }
      return .text(text)
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map { (other) throws(JinjaError) in try evaluate(other) }
        ?? .undefined("an expression without 'else'")
    }
  }

  // MARK: Parts

  private mutating func attribute(_ name: String, of object: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch object {
    case .undefined: throw impossible("\(object.kind) has no attribute \(quoted(name))")
    case .map(let map):
      if Self.mapMethods.contains(name) { throw unsupported("the method \(quoted(name)) without a call") }
      try pay(steps: map.members.count / 8)
      return map[JinjaText(name.unicodeScalars)] ?? .undefined(quoted(name))
    case .namespace(let namespace): return namespace.members[name] ?? .undefined(quoted(name))
    default: return .undefined(quoted(name))
    }
  }

  mutating func item(_ key: JinjaValue, of object: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch (object, key) {
    case (.undefined, _): throw impossible("\(object.kind) has no parts")
    case (.map(let map), .text(let name)):
      try pay(steps: map.members.count / 8)
      return map[name] ?? .undefined(quoted(String(String.UnicodeScalarView(name))))
    case (.namespace(let namespace), .text(let name)):
      let name = String(String.UnicodeScalarView(name))
      return namespace.members[name] ?? .undefined(quoted(name))
    case (.sequence(let sequence), _):
      guard let index = key.integer else { return .undefined("a part of a list") }
      let place = index < 0 ? index + sequence.elements.count : index
      return sequence.elements.indices.contains(place) ? sequence.elements[place] : .undefined("element \(index)")
    case (.text(let text), _):
      guard let index = key.integer else { return .undefined("a part of a text") }
      let place = index < 0 ? index + text.count : index
      return text.indices.contains(place) ? .text([text[place]]) : .undefined("character \(index)")
    default: return .undefined("a part of \(object.kind)")
    }
  }

  private mutating func bound(_ expression: JinjaExpression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    let value = try evaluate(expression)
    if case .none = value { return nil }
    guard let bound = value.integer else { throw impossible("a slice cannot begin or end at \(value.kind)") }
    return bound
  }

  private mutating func slice(
    _ object: JinjaValue, from: Int?, to: Int?, by: Int?
  ) throws(JinjaError) -> JinjaValue {
    let step = by ?? 1
    guard step != 0 else { throw impossible("the step of a slice is 0") }
    func places(_ count: Int) -> StrideTo<Int> {
      let least = step > 0 ? 0 : -1
      let most = step > 0 ? count : count - 1
      func clamped(_ bound: Int) -> Int {
        let place = bound < 0 ? (bound < -count ? least : bound + count) : bound
        return max(least, min(most, place))
      }
      let start = from.map(clamped) ?? (step > 0 ? 0 : count - 1)
      let end = to.map(clamped) ?? (step > 0 ? count : -1)
      // A stride adds its step to the last place, which must not overflow.
      return stride(from: start, to: end, by: max(-count - 1, min(count + 1, step)))
    }
    switch object {
    case .text(let text):
      try pay(scalars: text.count)
      return .text(places(text.count).map { text[$0] })
    case .sequence(let sequence):
      try pay(steps: sequence.elements.count)
      return try self.sequence(places(sequence.elements.count).map { sequence.elements[$0] }, isTuple: sequence.isTuple)
    case .undefined: throw impossible("\(object.kind) has no parts")
    default: return .undefined("a part of \(object.kind)")
    }
  }

  /// What a loop goes through.
  mutating func elements(of value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
    switch value {
    case .undefined: return []
    case .text(let text):
      try pay(steps: text.count)
      return text.map { .text([$0]) }
    case .sequence(let sequence): return sequence.elements
    case .map(let map):
      try pay(steps: map.members.count)
      return map.members.map { .text($0.key) }
    default: throw impossible("cannot go through \(value.kind)")
    }
  }

  // MARK: Calls

  private mutating func call(_ callee: JinjaExpression, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
    if case .attribute(let object, let name) = callee {
      let object = try evaluate(object)
      if case .namespace(let namespace) = object, let member = namespace.members[name] {
        return try call(member, try evaluate(arguments))
      }
      return try method(name, of: object, try evaluate(arguments))
    }
    return try call(try evaluate(callee), try evaluate(arguments))
  }

  private mutating func call(_ function: JinjaValue, _ arguments: JinjaValues) throws(JinjaError) -> JinjaValue {
    switch function {
    case .macro(let name, let macro): return try call(name, macro, arguments)
    case .function("range"): return try range(arguments)
    case .function("namespace"), .function("dict"):
      guard arguments.positional.isEmpty else { throw unsupported("a mapping made of another one") }
      let members = arguments.named.map { (JinjaText($0.name.unicodeScalars), $0.value) }
      let map = try map(members)
      guard case .function("namespace") = function else { return map }
      let namespace = JinjaNamespace()
      for (name, value) in arguments.named { namespace.members[name] = value }
      return .namespace(namespace)
    case .function:
      let message = try arguments.positional.first.map { (value) throws(JinjaError) in try printed(value) } ?? []
      throw failure(.refused(String(String.UnicodeScalarView(message))))
    default: throw impossible("cannot call \(function.kind)")
    }
  }

  private mutating func range(_ arguments: JinjaValues) throws(JinjaError) -> JinjaValue {
    let bounds = arguments.positional.compactMap(\.integer)
    guard bounds.count == arguments.positional.count, (1...3).contains(bounds.count), arguments.named.isEmpty else {
      throw impossible("'range' takes one to three integers")
    }
    let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw impossible("the step of a range is 0") }
    let (span, overflow) = (step > 0 ? end : start).subtractingReportingOverflow(step > 0 ? start : end)
    guard !overflow, span < 1_000_000 else { throw failure(.excessive("a range of a million numbers or more")) }
    try pay(steps: max(0, span) + 1)
    // The step, which is added to the last number too, must not overflow.
    let bounded = max(-1_000_000, min(1_000_000, step))
    return .sequence(JinjaSequence(Array(stride(from: start, to: end, by: bounded)).map(JinjaValue.integer)))
  }
}
