/// A calculation in a solution's text: numbers, + - * / (also × ÷ · and x between numbers), parentheses, percentages.
struct ArithmeticExpression: Hashable, Sendable {
  let value: Double
  /// The numbers, and the operators between them, in order of appearance.
  let operands: [Double]
  let operators: [Unicode.Scalar]
  /// Digits after the point, when the expression is one plain number.
  let decimals: Int
  let isPercentage: Bool

  /// Reads the whole of a text; `nil` if it is anything but a calculation with a finite value.
  init?(_ text: Scalars) {
    guard var parser = Parser(text), let value = parser.sum(depth: 0), parser.isAtEnd, value.isFinite else {
      return nil
    }
    self.value = value
    operands = parser.operands
    operators = parser.operators
    decimals = parser.decimals
    isPercentage = text.last { $0 != " " } == "%"
  }
}

extension ArithmeticExpression {
  private enum Token: Equatable {
    case number(Double)
    case symbol(Unicode.Scalar)
  }

  private struct Parser {
    private var tokens: [Token] = []
    private var position = 0
    var operands: [Double] = []
    var operators: [Unicode.Scalar] = []
    var decimals = 0

    /// Parentheses nest no deeper than this, so that no text can exhaust the stack.
    private static let deepest = 64

    init?(_ text: Scalars) {
      var index = text.startIndex
      while index < text.endIndex {
        let scalar = text[index]
        if scalar.isASCIIDigit || scalar == "." {
          guard let token = readNumber(text, &index) else { return nil }
          tokens.append(token)
          continue
        }
        switch scalar {
        case " ", "$", "\u{A0}": break
        case "+", "-", "/", "(", ")", "*", "%": tokens.append(.symbol(scalar))
        case "×", "·": tokens.append(.symbol("*"))
        case "x":
          // Before anything else it is an unknown.
          guard let next = text[(index + 1)...].first(where: { $0 != " " && $0 != "$" }),
            next.isASCIIDigit || next == "(",
            tokens.last != nil
          else { return nil }
          tokens.append(.symbol("*"))
        case "÷": tokens.append(.symbol("/"))
        case "−", "–": tokens.append(.symbol("-"))
        default: return nil
        }
        // A minus sign with a space after it is a dash or subtraction, never a sign.
        if tokens.last == .symbol("-"), tokens.count == 1, index + 1 < text.endIndex, text[index + 1] == " " {
          return nil
        }
        index += 1
      }
    }

    private mutating func readNumber(_ text: Scalars, _ index: inout Int) -> Token? {
      let start = index
      while index < text.endIndex, text[index].isASCIIDigit || text[index] == "." || isSeparator(text, index) {
        index += 1
      }
      let digits = text[start..<index].filter { $0 != "," }
      decimals = digits.firstIndex(of: ".").map { digits.count - $0 - 1 } ?? 0
      return Double(digits.text).map(Token.number)
    }

    /// A comma between digits.
    private func isSeparator(_ text: Scalars, _ index: Int) -> Bool {
      text[index] == "," && index > text.startIndex && text[index - 1].isASCIIDigit && index + 1 < text.endIndex
        && text[index + 1].isASCIIDigit
    }

    var isAtEnd: Bool { position == tokens.count }

    private mutating func take(_ symbols: Unicode.Scalar...) -> Unicode.Scalar? {
      guard position < tokens.count, case .symbol(let next) = tokens[position], symbols.contains(next) else {
        return nil
      }
      position += 1
      return next
    }

    mutating func sum(depth: Int) -> Double? {
      guard var value = product(depth: depth) else { return nil }
      while let symbol = take("+", "-") {
        operators.append(symbol)
        guard let next = product(depth: depth) else { return nil }
        value = symbol == "+" ? value + next : value - next
      }
      return value
    }

    private mutating func product(depth: Int) -> Double? {
      guard var value = factor(depth: depth) else { return nil }
      while true {
        // "2(3)" multiplies.
        let isImplicit = position < tokens.count && tokens[position] == .symbol("(")
        guard let symbol = isImplicit ? "*" : take("*", "/") else { return value }
        operators.append(symbol)
        guard let next = factor(depth: depth) else { return nil }
        value = symbol == "*" ? value * next : value / next
      }
    }

    private mutating func factor(depth: Int) -> Double? {
      guard depth < Self.deepest else { return nil }
      if take("-") != nil { return factor(depth: depth + 1).map { -$0 } }
      if take("(") != nil {
        guard let inner = sum(depth: depth + 1), take(")") != nil else { return nil }
        return percent(inner)
      }
      guard position < tokens.count, case .number(let value) = tokens[position] else { return nil }
      position += 1
      operands.append(value)
      return percent(value)
    }

    private mutating func percent(_ value: Double) -> Double { take("%") == nil ? value : value / 100 }
  }
}
