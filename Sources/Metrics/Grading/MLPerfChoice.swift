/// MLPerf's reading of multiple-choice letters, for DeepSeek-R1 (GPQA, MMLU-Pro) and gpt-oss.
///
/// Source: mlcommons/inference b66003e, `language/deepseek-r1/eval_accuracy.py` and `language/gpt-oss-120b/eval_accuracy.py`,
/// `parse_multiple_choice`.
package struct MLPerfChoice: Sendable {
  /// The last letter that a question may have.
  package enum LastLetter: String, CaseIterable, Sendable {
    /// GPQA: four choices.
    case d = "D"
    /// MMLU-Pro: ten choices. Without a labelled answer the last letter that stands alone counts, so the article "a" does.
    case j = "J"
  }

  private let lastLetter: LastLetter
  private let labelled: PythonRegex
  private let leading: PythonRegex
  private let afterAnswer: PythonRegex
  private let lone: PythonRegex

  package init(lastLetter: LastLetter) {
    let letters = "[A-\(lastLetter.rawValue)]"
    func regex(_ pattern: String) -> PythonRegex {
      do throws(PythonRegexError) { return try PythonRegex(pattern, flags: .ignoreCase) } catch {
        preconditionFailure("\(error)")
      }
    }
    self.lastLetter = lastLetter
    labelled = regex(
      #"\b(?:ANSWER|FINAL\s*ANSWER)\b\s*[:=]?\s*(?:\(?\s*(\#(letters))\s*\)?)(?:\s*$|[^A-Za-z])"#)
    leading = regex(#"^[^a-zA-Z]*(\#(letters))(?:[^a-zA-Z]|$)"#)
    afterAnswer = regex(#"\bAnswer\s*[:.]?\s*(\#(letters))\b"#)
    lone = regex(#"\b(\#(letters))\b"#)
  }

  /// The letter after the last "ANSWER" or "FINAL ANSWER".
  package func deepSeekLetter(in response: String) -> String? {
    let text = Self.unescaped(Self.unwrapped(response.scalars.pythonStripped))
    return last(labelled, in: text) ?? (lastLetter == .j ? last(lone, in: text) : nil)
  }

  /// In gpt-oss's final channel a letter at the start, or one after "Answer"; or else, in the whole text, as above.
  package func gptOSSLetter(in response: String) -> String? {
    let text = response.scalars.pythonStripped
    let channel = Self.finalChannel.firstMatch(in: text)?[1]?.pythonStripped ?? text
    let plain = Self.bold.replacing(in: channel) { $0[1] ?? [] }
    let final = Self.unescaped(Self.unwrapped(plain))
    return first(leading, in: final.pythonStripped) ?? first(afterAnswer, in: final)
      ?? last(labelled, in: Self.unescaped(text)) ?? (lastLetter == .j ? last(lone, in: final) : nil)
  }

  private func first(_ regex: PythonRegex, in text: Scalars) -> String? {
    regex.firstMatch(in: text)?[1]?.text.uppercased()
  }

  private func last(_ regex: PythonRegex, in text: Scalars) -> String? {
    regex.matches(in: text).last?[1]?.text.uppercased()
  }

  /// Takes off what printing a list of one string adds.
  private static func unwrapped(_ text: Scalars) -> Scalars {
    let opens = text.hasPrefix("['") || text.hasPrefix("[\"")
    let closes = text.hasSuffix("']") || text.hasSuffix("\"]")
    return opens && closes ? text.dropFirst(2).dropLast(2).pythonStripped : text
  }

  private static func unescaped(_ text: Scalars) -> Scalars {
    text.replacing(#"\n"#, with: "\n").replacing(#"\'"#, with: "'")
  }

  private static let finalChannel = PythonRegex(
    known: #"<\|channel\|>final[^<]*<\|message\|>(.*?)(?:<\|return\|>|$)"#, flags: .dotMatchesLineFeed)
  private static let bold = PythonRegex(known: #"\*\*([^*]+)\*\*"#)
}
