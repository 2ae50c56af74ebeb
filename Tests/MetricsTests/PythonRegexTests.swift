import Testing

@testable import Metrics

@Suite struct `Regular expressions` {
  struct Row: Decodable {
    let pattern: String
    let flags: String
    let text: String
    let matches: [[[Int]?]]
    let without: String
  }

  private func flags(_ names: String) -> PythonRegex.Flags {
    names.reduce(into: []) { flags, name in
      switch name {
      case "i": flags.insert(.ignoreCase)
      case "s": flags.insert(.dotMatchesLineFeed)
      default: flags.insert(.multiline)
      }
    }
  }

  @Test func `match what Python's re matches`() throws {
    for row in try golden("regex/python-re", as: Row.self) {
      let regex = try PythonRegex(row.pattern, flags: flags(row.flags))
      let found = regex.matches(in: row.text.scalars).map {
        $0.groups.map { $0.map { [$0.lowerBound, $0.upperBound] } }
      }
      let context: Comment = "\(row.pattern.debugDescription) \(row.flags) on \(row.text.debugDescription)"
      #expect(found == row.matches, context)
      #expect(regex.removingMatches(in: row.text.scalars) == row.without.scalars, context)
    }
  }

  @Test(arguments: [
    ("(a", PythonRegexError.Reason.unbalancedParenthesis, 2), ("a)", .unbalancedParenthesis, 1),
    ("[a", .unterminatedClass, 2), ("[b-a]", .badRange, 4), ("*a", .nothingToRepeat, 0), ("a**", .nothingToRepeat, 0),
    ("a{2000}", .tooManyRepetitions, 1), ("(a)\\1", .unsupported, 4), ("(?<=a*)b", .variableLookBehind, 1),
    ("a\\", .endOfPattern, 2), ("(?x)a", .unsupported, 2),
  ])
  func `that cannot be used are refused with the place`(pattern: String, reason: PythonRegexError.Reason, offset: Int) {
    #expect(throws: PythonRegexError(pattern: pattern, offset: offset, reason: reason)) { try PythonRegex(pattern) }
  }

  @Test func `take linear time where backtracking would explode`() throws {
    let text = String(repeating: "a", count: 5_000).scalars
    #expect(try PythonRegex("(a+)+$").firstMatch(in: text)?.range.count == 5_000)
    #expect(try PythonRegex("(a|aa)+b").firstMatch(in: text) == nil)
    #expect(try PythonRegex("(a*)*c").matches(in: text).isEmpty)
  }
}
