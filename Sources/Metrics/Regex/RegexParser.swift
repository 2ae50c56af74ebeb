/// Reads the pattern language of Python's `re`.
struct RegexParser {
  private let pattern: String
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var flags: PythonRegex.Flags
  private var groupCount = 0

  init(_ pattern: String, flags: PythonRegex.Flags) {
    self.pattern = pattern
    scalars = Array(pattern.unicodeScalars)
    self.flags = flags
  }

  /// The whole pattern as group 0.
  mutating func parse() throws(PythonRegexError) -> RegexSyntax {
    let syntax = try alternatives()
    if position < scalars.count { throw error(.unbalancedParenthesis) }
    return .group(0, syntax)
  }

  private func error(_ reason: PythonRegexError.Reason) -> PythonRegexError {
    PythonRegexError(pattern: pattern, offset: position, reason: reason)
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  /// Skips a piece of syntax if it comes next.
  private mutating func skip(_ syntax: String) -> Bool {
    guard scalars[position...].starts(with: syntax.unicodeScalars) else { return false }
    position += syntax.unicodeScalars.count
    return true
  }

  private mutating func take() throws(PythonRegexError) -> Unicode.Scalar {
    guard let next else { throw error(.endOfPattern) }
    position += 1
    return next
  }

  private mutating func alternatives() throws(PythonRegexError) -> RegexSyntax {
    var parts = [try sequence()]
    while skip("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence() throws(PythonRegexError) -> RegexSyntax {
    var parts: [RegexSyntax] = []
    while let next, next != "|", next != ")" { parts.append(try quantified()) }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func quantified() throws(PythonRegexError) -> RegexSyntax {
    let start = position
    var item = try atom()
    while let (minimum, maximum) = try quantifier() {
      switch item {
      case .empty, .assertion, .look, .repeated:
        position = start
        throw error(.nothingToRepeat)
      default: break
      }
      let lazy = skip("?")
      if next == "+" { throw error(.unsupported) }
      item = .repeated(item, minimum: minimum, maximum: maximum, lazy: lazy)
    }
    return item
  }

  private mutating func quantifier() throws(PythonRegexError) -> (minimum: Int, maximum: Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    // A brace that is no quantifier is a literal.
    guard next == "{", let end = scalars[position...].firstIndex(of: "}") else { return nil }
    let bounds = scalars[(position + 1)..<end].split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    guard bounds.joined().allSatisfy(\.isASCIIDigit), bounds.contains(where: { !$0.isEmpty }) else { return nil }
    let minimum = Int(bounds[0].text) ?? 0
    let maximum = bounds.count == 1 ? minimum : Int(bounds[1].text)
    if minimum > 1_000 || maximum ?? 0 > 1_000 || maximum ?? minimum < minimum { throw error(.tooManyRepetitions) }
    position = end + 1
    return (minimum, maximum)
  }

  private mutating func atom() throws(PythonRegexError) -> RegexSyntax {
    if skip("(") { return try group() }
    if skip("[") { return .set(try characterClass()) }
    switch try take() {
    case ".":
      if flags.contains(.dotMatchesLineFeed) { return .set(RegexSet(members: [], negated: true)) }
      return .set(RegexSet(members: [.range("\n"..."\n")], negated: true))
    case "^": return .assertion(.lineStart(multiline: flags.contains(.multiline)))
    case "$": return .assertion(.lineEnd(multiline: flags.contains(.multiline)))
    case "*", "+", "?":
      position -= 1
      throw error(.nothingToRepeat)
    case "\\": return try escape()
    case let scalar: return literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> RegexSyntax {
    .set(RegexSet(members: [.range(scalar...scalar)], ignoresCase: flags.contains(.ignoreCase)))
  }

  private mutating func escape() throws(PythonRegexError) -> RegexSyntax {
    switch next {
    case "A": position += 1; return .assertion(.textStart)
    case "Z": position += 1; return .assertion(.textEnd)
    case "b": position += 1; return .assertion(.wordBoundary)
    case "B": position += 1; return .assertion(.noWordBoundary)
    default: break
    }
    switch try escapedMember() {
    case .range(let range): return literal(range.lowerBound)
    case let member: return .set(RegexSet(members: [member]))
    }
  }

  /// What follows a backslash and means the same inside and outside a class.
  private mutating func escapedMember() throws(PythonRegexError) -> RegexSet.Member {
    let scalar = try take()
    switch scalar {
    case "d": return .digit
    case "D": return .noDigit
    case "w": return .word
    case "W": return .noWord
    case "s": return .space
    case "S": return .noSpace
    case "n": return .range("\n"..."\n")
    case "t": return .range("\t"..."\t")
    case "r": return .range("\r"..."\r")
    case "f": return .range("\u{C}"..."\u{C}")
    case "v": return .range("\u{B}"..."\u{B}")
    default:
      if scalar.isASCIILetter || scalar.isASCIIDigit {
        position -= 1
        throw error(.unsupported)
      }
      return .range(scalar...scalar)
    }
  }

  private mutating func group() throws(PythonRegexError) -> RegexSyntax {
    let start = position
    var look: (behind: Bool, negated: Bool)?
    var number: Int?
    if skip("?:") {
    } else if skip("?=") {
      look = (false, false)
    } else if skip("?!") {
      look = (false, true)
    } else if skip("?<=") {
      look = (true, false)
    } else if skip("?<!") {
      look = (true, true)
    } else if skip("?P<") {
      while try take() != ">" {}
      number = nextGroup()
    } else if skip("?") {
      return try globalFlags()
    } else {
      number = nextGroup()
    }
    let inner = try alternatives()
    guard skip(")") else { throw error(.unbalancedParenthesis) }
    if let number { return .group(number, inner) }
    // The wrapper lets the whole of it be repeated, whatever it is.
    guard let look else { return .sequence([inner]) }
    guard !look.behind || inner.width != nil else {
      position = start
      throw error(.variableLookBehind)
    }
    return .look(inner, behind: look.behind, negated: look.negated, width: inner.width ?? 0)
  }

  private mutating func nextGroup() -> Int {
    groupCount += 1
    return groupCount
  }

  /// `(?s)` and the like, at the start of a pattern.
  private mutating func globalFlags() throws(PythonRegexError) -> RegexSyntax {
    guard position == 2 else { throw error(.unsupported) }
    while true {
      switch try take() {
      case "i": flags.insert(.ignoreCase)
      case "s": flags.insert(.dotMatchesLineFeed)
      case "m": flags.insert(.multiline)
      case ")": return .empty
      default:
        position -= 1
        throw error(.unsupported)
      }
    }
  }

  private mutating func characterClass() throws(PythonRegexError) -> RegexSet {
    var set = RegexSet(members: [], negated: skip("^"), ignoresCase: flags.contains(.ignoreCase))
    repeat {
      guard next != nil else { throw error(.unterminatedClass) }
      let member = try classMember()
      guard case .range(let low) = member, next == "-", position + 1 < scalars.count, scalars[position + 1] != "]"
      else {
        set.members.append(member)
        continue
      }
      position += 1
      guard case .range(let high) = try classMember(), low.lowerBound <= high.lowerBound else { throw error(.badRange) }
      set.members.append(.range(low.lowerBound...high.lowerBound))
    } while !skip("]")
    return set
  }

  private mutating func classMember() throws(PythonRegexError) -> RegexSet.Member {
    let scalar = try take()
    if scalar != "\\" { return .range(scalar...scalar) }
    if skip("b") { return .range("\u{8}"..."\u{8}") }
    return try escapedMember()
  }
}
