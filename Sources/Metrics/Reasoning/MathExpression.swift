internal import Foundation

/// A mathematical answer in LaTeX that can be evaluated: numbers, single-letter unknowns, + - * / ^, fractions, roots, π.
///
/// Everything else (words, intervals of sets, relations, ±, functions) is not read, so nothing is decided about it.
struct MathExpression {
  private let root: Node
  /// The unknowns that occur.
  let unknowns: Set<Unicode.Scalar>

  indirect enum Node {
    case number(Double)
    case unknown(Unicode.Scalar)
    case sum(Node, Node)
    case difference(Node, Node)
    case product(Node, Node)
    case quotient(Node, Node)
    case power(Node, Node)
    case root(Node, degree: Node)
  }

  init?(_ text: Scalars) {
    guard var parser = MathParser(text), let root = parser.expression() else { return nil }
    self.root = root
    unknowns = parser.unknowns
  }

  /// The value for given unknowns; NaN where it is not a real number.
  func value(_ unknowns: (Unicode.Scalar) -> Double) -> Double { Self.value(of: root, unknowns) }

  private static func value(of node: Node, _ unknowns: (Unicode.Scalar) -> Double) -> Double {
    func value(_ node: Node) -> Double { Self.value(of: node, unknowns) }
    switch node {
    case .number(let number): return number
    case .unknown(let name): return unknowns(name)
    case .sum(let a, let b): return value(a) + value(b)
    case .difference(let a, let b): return value(a) - value(b)
    case .product(let a, let b): return value(a) * value(b)
    case .quotient(let a, let b): return value(a) / value(b)
    case .power(let a, let b): return pow(value(a), value(b))
    case .root(let radicand, let degree):
      let (radicand, degree) = (value(radicand), value(degree))
      // The odd root of a negative number is real.
      return radicand < 0 && degree.remainder(dividingBy: 2).magnitude == 1
        ? -pow(-radicand, 1 / degree) : pow(radicand, 1 / degree)
    }
  }
}

/// Reads an expression by recursive descent.
private struct MathParser {
  private enum Token: Equatable {
    case number(Double)
    case letter(Unicode.Scalar)
    case command(String)
    case symbol(Unicode.Scalar)
  }

  private var tokens: [Token] = []
  private var position = 0
  private var depth = 0
  private(set) var unknowns: Set<Unicode.Scalar> = []

  /// Groups nest no deeper than this, so that no text can exhaust the stack.
  private static let deepest = 48
  /// Nor are there more tokens than this: an answer is short.
  private static let longest = 400

  init?(_ text: Scalars) {
    var index = text.startIndex
    while index < text.endIndex {
      let scalar = text[index]
      if scalar.isASCIIDigit || scalar == "." {
        let end = text[index...].firstIndex { !($0.isASCIIDigit || $0 == ".") } ?? text.endIndex
        guard let number = Double(text[index..<end].text) else { return nil }
        tokens.append(.number(number))
        index = end
      } else if scalar == "\\" {
        let end = text[(index + 1)...].firstIndex { !$0.isASCIILetter } ?? text.endIndex
        let name = text[(index + 1)..<end].text
        if name.isEmpty { return nil }
        if name != "left" && name != "right" { tokens.append(.command(name)) }
        index = end
      } else {
        if scalar.isASCIILetter {
          tokens.append(.letter(scalar))
        } else if scalar != " " {
          tokens.append(.symbol(scalar))
        }
        index += 1
      }
      if tokens.count > Self.longest { return nil }
    }
  }

  /// The whole text as one expression.
  mutating func expression() -> MathExpression.Node? {
    guard !tokens.isEmpty, let node = sum(), position == tokens.count else { return nil }
    return node
  }

  private var next: Token? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ token: Token) -> Bool {
    guard next == token else { return false }
    position += 1
    return true
  }

  private mutating func sum() -> MathExpression.Node? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { return nil }
    var node: MathExpression.Node
    if take(.symbol("-")) {
      guard let first = product() else { return nil }
      node = .difference(.number(0), first)
    } else {
      _ = take(.symbol("+"))
      guard let first = product() else { return nil }
      node = first
    }
    while true {
      if take(.symbol("+")) {
        guard let term = product() else { return nil }
        node = .sum(node, term)
      } else if take(.symbol("-")) {
        guard let term = product() else { return nil }
        node = .difference(node, term)
      } else {
        return node
      }
    }
  }

  private mutating func product() -> MathExpression.Node? {
    guard var node = power() else { return nil }
    while true {
      if take(.symbol("*")) || take(.command("cdot")) || take(.command("times")) {
        guard let factor = power() else { return nil }
        node = .product(node, factor)
      } else if take(.symbol("/")) || take(.command("div")) {
        guard let divisor = power() else { return nil }
        node = .quotient(node, divisor)
      } else if startsFactor {
        // "2x", but not "2 3" nor the mixed number in "2\frac{1}{2}", which is read in two ways.
        if case .number = next { return nil }
        if case .number = node, case .command(let name) = next, name.hasSuffix("frac") { return nil }
        guard let factor = power() else { return nil }
        node = .product(node, factor)
      } else {
        return node
      }
    }
  }

  private var startsFactor: Bool {
    switch next {
    case .number, .letter: true
    case .command(let name): ["frac", "dfrac", "tfrac", "sqrt", "pi"].contains(name)
    case .symbol(let symbol): symbol == "(" || symbol == "{"
    case nil: false
    }
  }

  private mutating func power() -> MathExpression.Node? {
    guard let base = factor() else { return nil }
    guard take(.symbol("^")) else { return base }
    if take(.symbol("-")) { return factor().map { .power(base, .difference(.number(0), $0)) } }
    return factor().map { .power(base, $0) }
  }

  private mutating func factor() -> MathExpression.Node? {
    guard let token = next else { return nil }
    position += 1
    switch token {
    case .number(let number): return .number(number)
    case .letter(let letter):
      unknowns.insert(letter)
      return .unknown(letter)
    case .symbol("("): return group(closing: ")")
    case .symbol("{"): return group(closing: "}")
    case .command("pi"): return .number(.pi)
    case .command("frac"), .command("dfrac"), .command("tfrac"):
      guard let numerator = argument(), let denominator = argument() else { return nil }
      return .quotient(numerator, denominator)
    case .command("sqrt"):
      var degree = MathExpression.Node.number(2)
      if take(.symbol("[")) {
        guard let written = sum(), take(.symbol("]")) else { return nil }
        degree = written
      }
      return argument().map { .root($0, degree: degree) }
    default: return nil
    }
  }

  private mutating func group(closing: Unicode.Scalar) -> MathExpression.Node? {
    guard let inner = sum(), take(.symbol(closing)) else { return nil }
    return inner
  }

  /// An argument in braces. Without them TeX takes one character, which a number of several digits is not.
  private mutating func argument() -> MathExpression.Node? { take(.symbol("{")) ? group(closing: "}") : nil }
}
