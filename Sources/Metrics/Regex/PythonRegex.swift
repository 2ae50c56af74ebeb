/// A regular expression with the meaning that Python's `re` gives it, on code points.
///
/// The reference graders are defined by their regular expressions, and Swift's differ in what `\w`, `\d`, `\s` and `$`
/// mean. Supported: literals, classes, `.`, `^ $ \A \Z \b \B`, groups (plain, named, non-capturing), alternation, greedy and
/// lazy quantifiers, look-ahead, fixed-width look-behind, and the flags i, s and m. Not supported, and refused: back
/// references, conditionals and the flags a, L, u and x. Groups inside look-arounds keep nothing.
///
/// Time and memory are linear in the text: no state of the matcher is entered twice at one position.
package struct PythonRegex: Sendable, CustomStringConvertible {
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let ignoreCase = Flags(rawValue: 1)
    package static let dotMatchesLineFeed = Flags(rawValue: 2)
    package static let multiline = Flags(rawValue: 4)
  }

  /// Where an expression matched, and what its groups matched; group 0 is the whole match.
  struct Match {
    let text: Scalars
    let groups: [Range<Int>?]

    var range: Range<Int> { groups[0]! }

    /// What a group matched; `nil` if it took no part.
    subscript(group: Int) -> Scalars? { groups[group].map { text[$0] } }
  }

  package let description: String
  let program: RegexProgram

  package init(_ pattern: String, flags: Flags = []) throws(PythonRegexError) {
    description = pattern
    var parser = RegexParser(pattern, flags: flags)
    program = RegexProgram(try parser.parse())
  }

  /// A pattern written in this module's own source.
  init(known pattern: StaticString, flags: Flags = []) {
    do throws(PythonRegexError) { try self.init(pattern.description, flags: flags) } catch {
      preconditionFailure("\(error)")
    }
  }

  var groupCount: Int { program.groupCount }

  /// `re.search`
  func firstMatch(in text: Scalars) -> Match? {
    var matcher = RegexMatcher(program, text)
    return matcher.search(from: text.startIndex)
  }

  /// `re.finditer`
  func matches(in text: Scalars) -> [Match] {
    var matcher = RegexMatcher(program, text)
    var matches: [Match] = []
    var start = text.startIndex
    var mustAdvance = false
    while let match = matcher.search(from: start, mustAdvance: mustAdvance) {
      matches.append(match)
      start = match.range.upperBound
      // An empty match may directly follow another one, but not repeat itself.
      mustAdvance = match.range.isEmpty
    }
    return matches
  }

  /// `re.sub` with a function.
  func replacing(in text: Scalars, with replacement: (Match) -> Scalars) -> Scalars {
    let matches = matches(in: text)
    if matches.isEmpty { return text }
    var result: [Unicode.Scalar] = []
    var start = text.startIndex
    for match in matches {
      result += text[start..<match.range.lowerBound]
      result += replacement(match)
      start = match.range.upperBound
    }
    result += text[start...]
    return result[...]
  }

  /// `re.sub` with nothing.
  func removingMatches(in text: Scalars) -> Scalars { replacing(in: text) { _ in [] } }
}

/// Why a pattern cannot be used.
package struct PythonRegexError: Error, Hashable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case unbalancedParenthesis = "unbalanced parenthesis"
    case unterminatedClass = "unterminated character class"
    case badRange = "bad character range"
    case nothingToRepeat = "nothing to repeat"
    case tooManyRepetitions = "more than 1,000 repetitions"
    case unsupported = "not supported"
    case variableLookBehind = "look-behind needs a fixed width"
    case endOfPattern = "unexpected end of pattern"
  }

  package let pattern: String
  /// In code points.
  package let offset: Int
  package let reason: Reason

  package var description: String { "regular expression '\(pattern)': \(reason.rawValue) at position \(offset)" }
}
