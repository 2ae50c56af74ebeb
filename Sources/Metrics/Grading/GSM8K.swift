/// Grading of grade-school arithmetic (Cobbe et al. 2021): rules to find the final number, and when it is right.
///
/// Source: lm-eval 0.4.13 tasks `gsm8k`, `gsm8k_cot`, `gsm8k_cot_self_consistency`, `gsm8k_cot_llama` (version 3.0).
package enum GSM8K {
  /// Where the final answer is looked for.
  package enum Rule: String, CaseIterable, Sendable {
    /// After `####`, as in the data set's own solutions.
    case strict
    /// The last thing that looks like a number.
    case flexible
    /// After "The answer is", with a character after it.
    case chainOfThought
    /// After "The answer is", the pattern of the voting task.
    case selfConsistency
    /// After "The final answer is", the last time.
    case llama

    package var pattern: AnswerPattern {
      switch self {
      case .strict: Self.strictPattern
      case .flexible: Self.flexiblePattern
      case .chainOfThought: Self.chainOfThoughtPattern
      case .selfConsistency: Self.selfConsistencyPattern
      case .llama: Self.llamaPattern
      }
    }

    private static let strictPattern = AnswerPattern(known: #"#### (\-?[0-9\.\,]+)"#)
    private static let flexiblePattern = AnswerPattern(known: #"(-?[$0-9.,]{2,})|(-?[0-9]+)"#, take: .last)
    private static let chainOfThoughtPattern = AnswerPattern(known: #"The answer is (\-?[0-9\.\,]+)."#)
    private static let selfConsistencyPattern = AnswerPattern(known: #"The answer is (\-?[0-9\.\,]*[0-9]+)"#)
    private static let llamaPattern = AnswerPattern(
      known: #"The final answer is ((-?[$0-9.,]{2,})|(-?[0-9]+))"#, take: .last)
  }

  /// Thousands separators, the dollar sign, the solution before `####` and a final period are ignored, and case.
  package static let comparison = ExactMatch(
    ignoring: [
      PythonRegex(known: ","), PythonRegex(known: #"\$"#), PythonRegex(known: "(?s).*#### "),
      PythonRegex(known: #"\.$"#),
    ], ignoresCase: true)

  /// What a grade by a rule depends on.
  package static func signature(for rule: Rule) -> Signature {
    Signature("gsm8k", ["rule": rule.rawValue, "like": "lm-eval-0.4.13"])
  }

  /// Whether a response has the answer of a gold solution (`... #### 18`) or a bare gold answer.
  package static func isCorrect(_ response: String, gold: String, rule: Rule = .flexible) -> Bool {
    let answer = rule.pattern.answer(in: response) ?? AnswerPattern.invalid
    return comparison.matches(prediction: answer, reference: gold)
  }

  /// The text after the last `A:`, which is how OpenAI's published model solutions end; separators are ignored.
  ///
  /// Source: openai/grade-school-math, `data/example_model_solutions.jsonl`.
  package static func publishedAnswer(in solution: String) -> String? {
    let scalars = solution.scalars
    guard let marker = scalars.lastIndex(of: "A:") else { return nil }
    let line = scalars[(marker + 2)...].prefix { $0 != "\n" }
    return line.pythonStripped.filter { $0 != "," }.text
  }
}

extension GSM8K {
  /// The number that MLPerf's mixtral script grades: after the last "The answer is", or the last number of all, before the
  /// model goes on to a question of its own. Empty if there is none.
  ///
  /// Source: mlcommons/inference b66003e, `language/mixtral-8x7b/evaluate-accuracy.py`.
  package static func mixtralNumber(in response: String) -> String {
    var text = response.scalars
    if let question = text.firstIndex(of: "\nQ:") { text = text[..<question] }
    let marker = "The answer is"
    if let start = text.lastIndex(of: marker) {
      let rest = text[(start + marker.unicodeScalars.count)...]
      if let match = number.firstMatch(in: rest) { return match[0]!.filter { $0 != "," }.text }
    }
    return number.matches(in: text).last?[0]?.filter { $0 != "," }.text ?? ""
  }

  private static let number = PythonRegex(known: #"-?[\d,]*\.?\d+"#)

  /// Whether the number equals the gold answer as a floating-point number; what is no number is wrong.
  package static func isMixtralCorrect(_ response: String, gold: String) -> Bool {
    guard let found = mixtralNumber(in: response).pythonFloat,
      let expected = gold.scalars.filter({ $0 != "," }).text.pythonFloat
    else { return false }
    return found == expected
  }
}

extension String {
  /// `float(text)` for plain decimals: white space around it is dropped, digits of any script count.
  var pythonFloat: Double? {
    let ascii = scalars.pythonStripped.map { scalar -> Unicode.Scalar in
      guard !scalar.isASCII, scalar.isPythonDigit, let value = scalar.properties.numericValue else { return scalar }
      return Unicode.Scalar(UInt8(ascii: "0") + UInt8(value))
    }
    guard ascii.allSatisfy({ $0.isASCIIDigit || $0 == "." || $0 == "-" || $0 == "+" || $0 == "e" || $0 == "E" }) else {
      return nil
    }
    return Double(ascii.text)
  }
}
