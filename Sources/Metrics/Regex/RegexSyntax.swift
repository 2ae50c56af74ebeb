/// The syntax tree of a regular expression.
indirect enum RegexSyntax {
  case empty
  case set(RegexSet)
  case assertion(RegexAssertion)
  case sequence([RegexSyntax])
  case alternatives([RegexSyntax])
  /// A group that captures under its number.
  case group(Int, RegexSyntax)
  case repeated(RegexSyntax, minimum: Int, maximum: Int?, lazy: Bool)
  case look(RegexSyntax, behind: Bool, negated: Bool, width: Int)

  /// How many code points any match has, if all have the same number.
  var width: Int? {
    switch self {
    case .empty, .assertion, .look: return 0
    case .set: return 1
    case .group(_, let inner): return inner.width
    case .sequence(let parts):
      return parts.reduce(0 as Int?) { sum, part in
        if let sum, let width = part.width { sum + width } else { nil }
      }
    case .alternatives(let parts):
      let widths = Set(parts.map(\.width))
      return widths.count == 1 ? widths.first! : nil
    case .repeated(let inner, let minimum, let maximum, _):
      guard let width = inner.width, minimum == maximum else { return nil }
      return width * minimum
    }
  }
}

/// A test of a position that consumes nothing.
enum RegexAssertion {
  case textStart, textEnd
  /// `^` and `$`: with the flag m at every line, otherwise `$` also before a final line feed.
  case lineStart(multiline: Bool)
  case lineEnd(multiline: Bool)
  case wordBoundary, noWordBoundary

  func holds(at index: Int, in text: Scalars) -> Bool {
    switch self {
    case .textStart: index == text.startIndex
    case .textEnd: index == text.endIndex
    case .lineStart(let multiline):
      index == text.startIndex || multiline && text[index - 1] == "\n"
    case .lineEnd(let multiline):
      index == text.endIndex || text[index] == "\n" && (multiline || index == text.endIndex - 1)
    case .wordBoundary: Self.isBoundary(index, text)
    case .noWordBoundary: !Self.isBoundary(index, text)
    }
  }

  private static func isBoundary(_ index: Int, _ text: Scalars) -> Bool {
    let before = index > text.startIndex && text[index - 1].isPythonWord
    let after = index < text.endIndex && text[index].isPythonWord
    return before != after
  }
}

/// A set of code points: one literal, a class, or the dot.
struct RegexSet {
  enum Member {
    case range(ClosedRange<Unicode.Scalar>)
    case digit, word, space
    case noDigit, noWord, noSpace

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .range(let range): range.contains(scalar)
      case .digit: scalar.isPythonDigit
      case .word: scalar.isPythonWord
      case .space: scalar.isPythonSpace
      case .noDigit: !scalar.isPythonDigit
      case .noWord: !scalar.isPythonWord
      case .noSpace: !scalar.isPythonSpace
      }
    }
  }

  var members: [Member]
  var negated = false
  var ignoresCase = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    var found = members.contains { $0.contains(scalar) }
    if !found, ignoresCase {
      found = scalar.caseVariants.contains { variant in members.contains { $0.contains(variant) } }
    }
    return found != negated
  }
}

extension Unicode.Scalar {
  /// What matches a character when case is ignored: its simple lower and upper case, and the two characters that `re`
  /// holds equal to ASCII letters (dotless i, long s).
  fileprivate var caseVariants: [Unicode.Scalar] {
    var variants = Array(properties.lowercaseMapping.unicodeScalars.prefix(1))
    variants +=
      properties.uppercaseMapping.unicodeScalars.count == 1 ? properties.uppercaseMapping.unicodeScalars : .init()
    switch self {
    case "i", "I": variants += ["\u{131}", "\u{130}"]
    case "s", "S": variants.append("\u{17F}")
    case "k", "K": variants.append("\u{212A}")
    case "\u{131}": variants.append("i")
    default: break
    }
    return variants
  }
}
