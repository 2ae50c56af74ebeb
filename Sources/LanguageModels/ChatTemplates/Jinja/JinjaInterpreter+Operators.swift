extension JinjaInterpreter {
  mutating func negative(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    if let integer = value.integer { return try checked(0.subtractingReportingOverflow(integer)) }
    guard case .number(let number) = value else { throw impossible("cannot use '-' on \(value.kind)") }
    return .number(-number)
  }

  private func checked(_ result: (partialValue: Int, overflow: Bool)) throws(JinjaError) -> JinjaValue {
    guard !result.overflow else { throw failure(.excessive("an integer of more than 64 bits")) }
    return .integer(result.partialValue)
  }

  private func checked(_ number: Double) throws(JinjaError) -> JinjaValue {
    guard number.isFinite else { throw failure(.excessive("a number beyond the largest")) }
    return .number(number)
  }

  mutating func compute(
    _ operation: JinjaExpression.Operation, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    if let a = left.integer, let b = right.integer { return try compute(operation, a, b) }
    if let a = left.number, let b = right.number { return try compute(operation, a, b) }
    switch (operation, left, right) {
    case (.add, .text(let a), .text(let b)):
      try pay(scalars: a.count + b.count)
      return .text(a + b)
    case (.add, .sequence(let a), .sequence(let b)) where a.isTuple == b.isTuple:
      try pay(steps: a.elements.count + b.elements.count)
      return try sequence(a.elements + b.elements, isTuple: a.isTuple)
    case (.multiply, .text(let text), _), (.multiply, _, .text(let text)):
      guard let count = right.integer ?? left.integer else { break }
      let (length, overflow) = text.count.multipliedReportingOverflow(by: max(0, count))
      try pay(scalars: overflow ? .max : length)
      return .text(text.isEmpty ? [] : JinjaText(repeatElement(text, count: max(0, count)).joined()))
    case (.modulo, .text, _): throw unsupported("formatting a text with '%'")
    case (.multiply, .sequence, _), (.multiply, _, .sequence): throw unsupported("a list times a number")
    default: break
    }
    throw impossible("cannot compute \(left.kind) \(operation.rawValue) \(right.kind)")
  }

  private func compute(_ operation: JinjaExpression.Operation, _ a: Int, _ b: Int) throws(JinjaError) -> JinjaValue {
    switch operation {
    case .add: return try checked(a.addingReportingOverflow(b))
    case .subtract: return try checked(a.subtractingReportingOverflow(b))
    case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
    case .power where b >= 0:
      var power = 1
      // Only 0, 1 and -1 can be multiplied more than 63 times.
      for _ in 0..<(abs(a.clamped) <= 1 && b > 64 ? 64 + b % 2 : b) {
        let (product, overflow) = power.multipliedReportingOverflow(by: a)
        if overflow { return try checked((product, overflow)) }
        power = product
      }
      return .integer(power)
    case .divide, .power: return try compute(operation, Double(a), Double(b))
    case .floorDivide, .modulo:
      guard b != 0 else { throw impossible("a division by 0") }
      let (quotient, remainder) = (a.dividedReportingOverflow(by: b), a.remainderReportingOverflow(dividingBy: b))
      // Python rounds down, and the remainder has the divisor's sign.
      let isBelow = remainder.partialValue != 0 && (remainder.partialValue < 0) != (b < 0)
      if operation == .modulo { return .integer(remainder.partialValue + (isBelow ? b : 0)) }
      return try checked((quotient.partialValue - (isBelow ? 1 : 0), quotient.overflow))
    }
  }

  private func compute(
    _ operation: JinjaExpression.Operation, _ a: Double, _ b: Double
  ) throws(JinjaError) -> JinjaValue {
    switch operation {
    case .add: return try checked(a + b)
    case .subtract: return try checked(a - b)
    case .multiply: return try checked(a * b)
    case .power: throw unsupported("a power that is no integer")
    case .divide, .floorDivide, .modulo:
      guard b != 0 else { throw impossible("a division by 0") }
      if operation == .divide { return try checked(a / b) }
      let floor = (a / b).rounded(.down)
      return try checked(operation == .floorDivide ? floor : a - floor * b)
    }
  }

  // MARK: Comparisons

  mutating func compare(
    _ left: JinjaValue, _ comparison: JinjaExpression.Comparison, _ right: JinjaValue
  ) throws(JinjaError) -> Bool {
    switch comparison {
    case .equal: return try isEqual(left, right)
    case .notEqual: return try !isEqual(left, right)
    case .in: return try contains(right, left)
    case .notIn: return try !contains(right, left)
    case .less: return try isLess(left, right)
    case .greater: return try isLess(right, left)
    case .lessOrEqual: return try !isLess(right, left)
    case .greaterOrEqual: return try !isLess(left, right)
    }
  }

  mutating func isEqual(_ left: JinjaValue, _ right: JinjaValue) throws(JinjaError) -> Bool {
    try pay()
    if let a = left.integer, let b = right.integer { return a == b }
    if let a = left.number, let b = right.number { return a == b }
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let a), .text(let b)): return a == b
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.sequence(let a), .sequence(let b)):
      guard a.isTuple == b.isTuple, a.elements.count == b.elements.count else { return false }
      for (x, y) in zip(a.elements, b.elements) where try !isEqual(x, y) { return false }
      return true
    case (.map(let a), .map(let b)):
      guard a.members.count == b.members.count else { return false }
      try pay(steps: a.members.count * b.members.count)
      for (key, value) in a.members {
        guard let other = b[key], try isEqual(value, other) else { return false }
      }
      return true
    default: return false
    }
  }

  private func isLess(_ left: JinjaValue, _ right: JinjaValue) throws(JinjaError) -> Bool {
    if let a = left.integer, let b = right.integer { return a < b }
    if let a = left.number, let b = right.number { return a < b }
    if case .text(let a) = left, case .text(let b) = right { return a.lexicographicallyPrecedes(b) }
    throw impossible("cannot order \(left.kind) and \(right.kind)")
  }

  mutating func contains(_ container: JinjaValue, _ element: JinjaValue) throws(JinjaError) -> Bool {
    switch (container, element) {
    case (.text(let text), .text(let part)):
      try pay(steps: 1 + text.count / 8, scalars: part.count)
      return text.firstPlace(of: part) != nil
    case (.map(let map), .text(let key)):
      try pay(steps: map.members.count / 8)
      return map[key] != nil
    case (.map, _), (.undefined, _): return false
    case (.sequence(let sequence), _):
      for other in sequence.elements where try isEqual(other, element) { return true }
      return false
    default: throw impossible("\(container.kind) cannot contain \(element.kind)")
    }
  }
}

extension Int {
  /// Within a range whose absolute values exist.
  fileprivate var clamped: Int { Swift.max(-2, Swift.min(2, self)) }
}

extension JinjaText {
  /// Where a text begins in this one, at or after `start`.
  func firstPlace(of part: JinjaText, from start: Int = 0) -> Int? {
    guard let first = part.first else { return start <= count ? start : nil }
    var place = start
    while place + part.count <= count {
      if self[place] == first, self[place..<place + part.count].elementsEqual(part) { return place }
      place += 1
    }
    return nil
  }
}
