/// Takes an answer out of a response by a regular expression: lm-evaluation-harness's `regex` filter.
///
/// Of all matches the first or the last counts. With several groups, its first group that is not empty; with one, that group;
/// with none, the whole match. White space around it is dropped. Source: lm-eval 0.4.13, `filters/extraction.py`.
package struct AnswerPattern: Sendable {
  package enum Occurrence: String, Sendable { case first, last }

  /// What the harness reports where nothing matches.
  package static let invalid = "[invalid]"

  package let regex: PythonRegex
  package let occurrence: Occurrence

  package init(_ regex: PythonRegex, take occurrence: Occurrence = .first) {
    self.regex = regex
    self.occurrence = occurrence
  }

  init(known pattern: StaticString, take occurrence: Occurrence = .first, flags: PythonRegex.Flags = []) {
    self.init(PythonRegex(known: pattern, flags: flags), take: occurrence)
  }

  /// The answer in a response, or `nil` where the harness says `[invalid]`.
  package func answer(in response: String) -> String? { answer(in: response.scalars).map(\.text) }

  func answer(in response: Scalars) -> Scalars? {
    let match = occurrence == .first ? regex.firstMatch(in: response) : regex.matches(in: response).last
    guard let match else { return nil }
    switch match.groups.count {
    case 1: return match[0]?.pythonStripped
    case 2: return match[1]?.pythonStripped ?? []
    default:
      let group = (1..<match.groups.count).lazy.compactMap { match[$0] }.first { !$0.isEmpty }
      return group?.pythonStripped
    }
  }
}
