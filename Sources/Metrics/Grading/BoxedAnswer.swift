/// Finding the `\boxed{...}` answer of a mathematical solution.
package enum BoxedAnswer {
  /// The last `\boxed{...}` (or else `\fbox{...}`) with its braces, or `\boxed x` up to the next dollar sign.
  ///
  /// `nil` if there is none or its braces do not close. Source: hendrycks/math 985bdc1 and lm-eval 0.4.13,
  /// `last_boxed_only_string`.
  package static func last(in solution: String) -> String? { last(in: solution.scalars).map(\.text) }

  static func last(in text: Scalars) -> Scalars? {
    if text.contains(#"\boxed "#), let last = text.pieces(separatedBy: #"\boxed "#).last {
      return #"\boxed "#.scalars + last.prefix { $0 != "$" }
    }
    guard let start = text.lastIndex(of: #"\boxed"#) ?? text.lastIndex(of: #"\fbox"#) else { return nil }
    return closingBrace(in: text[start...]).map { text[start...$0] }
  }

  /// The first brace that closes all before it.
  private static func closingBrace(in text: Scalars) -> Int? {
    var depth = 0
    for index in text.indices {
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  /// What stands inside the last box; `nil` if there is none, or only an `\fbox`, which the reference does not open.
  ///
  /// Source: as above, `remove_boxed`.
  package static func answer(in solution: String) -> String? { answer(in: solution.scalars).map(\.text) }

  static func answer(in text: Scalars) -> Scalars? {
    guard let box = last(in: text) else { return nil }
    if box.contains(#"\boxed "#) { return box.hasPrefix(#"\boxed "#) ? box.dropFirst(7) : nil }
    guard box.hasPrefix(#"\boxed{"#), box.last == "}" else { return nil }
    return box.dropFirst(7).dropLast()
  }

  /// MLPerf's reading for DeepSeek-R1: what is inside the last `\boxed{` up to its closing brace, stripped.
  ///
  /// Source: mlcommons/inference b66003e, `language/deepseek-r1/eval_accuracy.py`, `parse_boxed_math`.
  package static func mlperfAnswer(in response: String) -> String? {
    let text = response.scalars.pythonStripped
    guard let start = text.lastIndex(of: #"\boxed{"#), let end = closingBrace(in: text[start...]) else { return nil }
    return text[(start + 7)..<end].pythonStripped.text
  }

  /// An AIME answer from 0 to 999: the last boxed integer, or else the last after "Answer:".
  ///
  /// Source: as above, `parse_aime_answer`.
  package static func aimeAnswer(in response: String) -> Int? {
    let text = response.scalars
    let match = boxedInteger.matches(in: text).last ?? labelledInteger.matches(in: text).last
    guard let digits = match?[1]?.text.pythonFloat, digits <= 999 else { return nil }
    return Int(digits)
  }

  private static let boxedInteger = PythonRegex(known: #"\\boxed{\s*(\d+)\s*}"#)
  private static let labelledInteger = PythonRegex(known: #"Answer:\s*(\d+)(?!\.)\b"#, flags: .ignoreCase)
}
