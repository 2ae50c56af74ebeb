/// The normalisation of final answers of the Minerva paper (Lewkowycz et al. 2022, appendix D), as in lm-eval's
/// `minerva_math` and MATH-500 tasks.
///
/// The harness decides equality with SymPy, which cannot be copied exactly. Here equal strings are equal; see
/// `MathEquivalence` for what can be decided beyond that.
package struct MinervaMATH: Hashable, Sendable {
  package enum Version: String, CaseIterable, Sendable {
    /// lm-eval 0.4.12 and older: the paper's text. Breaks `\left` and `\infty`, which contain "ft", and fuses 0,1 into 01.
    case paper = "0.4.12"
    /// lm-eval 0.4.13: words only as whole words, LaTeX commands and tuples kept.
    case wordwise = "0.4.13"
  }

  package let version: Version

  package init(version: Version = .wordwise) { self.version = version }

  /// The final answer of a response in the paper's form, `Final Answer: The final answer is ... I hope it is correct.`;
  /// `nil` where the harness says `[invalidanswer]`.
  package static func answer(in response: String) -> String? {
    let text = (response + "I hope it is correct.").scalars
    return finalAnswer.firstMatch(in: text)?[1]?.pythonStripped.text
  }

  // The dot before "I hope" is any character, as in the harness.
  private static let finalAnswer = PythonRegex(
    known: "Final Answer: The final answer is(.*?). I hope it is correct.")

  package var signature: Signature {
    Signature("math", ["norm": "minerva", "equal": "string", "like": "lm-eval-\(version.rawValue)"])
  }

  /// `normalize_final_answer`
  package func normalized(_ answer: String) -> String {
    var text = answer.scalars.pieces(separatedBy: "=").last ?? []
    if version == .wordwise { for word in Self.wholeWords { text = word.removingMatches(in: text) } }
    for (old, new) in Self.substitutions { text = text.replacing(old, with: new) }
    for expression in Self.removed { text = removing(expression, from: text) }
    for (regex, replacement) in Self.unwrapping { text = regex.replacing(in: text, with: replacement) }
    if version == .wordwise { text = Self.indexedRoot.replacing(in: text) { "sqrt" + $0[2]! + "{" + $0[3]! + "}" } }
    text = (version == .paper ? Self.root : Self.plainRoot).replacing(in: text) { "sqrt{" + $0[2]! + "}" }
    text = text.replacing("$", with: "")
    return (hasThousandsSeparators(text) ? text.replacing(",", with: "") : text).text
  }

  private func removing(_ expression: String, from text: Scalars) -> Scalars {
    guard version == .wordwise, expression.unicodeScalars.allSatisfy(\.isASCIILetter) else {
      return text.replacing(expression, with: "")
    }
    // Words stuck to their neighbours, but not letters of a LaTeX command.
    var result: [Unicode.Scalar] = []
    var start = text.startIndex
    for command in Self.command.matches(in: text) {
      result += text[start..<command.range.lowerBound].replacing(expression, with: "")
      result += text[command.range]
      start = command.range.upperBound
    }
    return (result + text[start...].replacing(expression, with: ""))[...]
  }

  private func hasThousandsSeparators(_ text: Scalars) -> Bool {
    switch version {
    case .paper:
      let digits = text.filter { $0 != "," }
      return !digits.isEmpty
        && digits.allSatisfy { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case .wordwise:
      return Self.grouped.firstMatch(in: text) != nil
    }
  }
}

extension MinervaMATH {
  private static let substitutions = [
    ("an ", ""), ("a ", ""), (".$", "$"), (#"\$"#, ""), (#"\ "#, ""), (" ", ""), ("mbox", "text"),
    (#",\text{and}"#, ","),
    (#"\text{and}"#, ","), (#"\text{m}"#, #"\text{}"#),
  ]

  private static let removed = [
    "square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", #"\ldots"#, "sue", "points",
    "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students",
    "childrentickets", "multiples", #"\text{s}"#, #"\text{.}"#, "\\text{\ns}", #"\text{}^2"#, #"\text{}^3"#,
    "\\text{\n}",
    #"\text{}"#, #"\mathrm{th}"#, #"^\circ"#, #"^{\circ}"#, #"\;"#, #",\!"#, "{,}", "\"", #"\dots"#,
  ]

  private static let wholeWords = removed.filter { $0.unicodeScalars.allSatisfy(\.isASCIILetter) }.compactMap {
    try? PythonRegex(#"(?<!\\)\b\#($0)\b"#)
  }

  /// Takes an answer out of dollar signs, text, boxes; then `\frac12` gets its braces.
  private static let unwrapping: [(PythonRegex, @Sendable (PythonRegex.Match) -> Scalars)] = [
    (PythonRegex(known: #"(.*?)(\$)(.*?)(\$)(.*)"#), { "$" + $0[3]! + "$" }),
    (PythonRegex(known: #"(\\text\{)(.*?)(\})"#), { $0[2]! }),
    (PythonRegex(known: #"(\\textbf\{)(.*?)(\})"#), { $0[2]! }),
    (PythonRegex(known: #"(\\overline\{)(.*?)(\})"#), { $0[2]! }),
    (PythonRegex(known: #"(\\boxed\{)(.*)(\})"#), { $0[2]! }),
    (PythonRegex(known: "(frac)([^{])(.)"), { "frac{" + $0[2]! + "}{" + $0[3]! + "}" }),
  ]

  private static let command = PythonRegex(known: #"\\[a-zA-Z]+"#)
  private static let root = PythonRegex(known: "(sqrt)([^{])")
  private static let plainRoot = PythonRegex(known: #"(sqrt)(?!\[)([^{])"#)
  private static let indexedRoot = PythonRegex(known: #"(sqrt)(\[[^\]]*\])(\w)"#)
  private static let grouped = PythonRegex(known: #"\A-?\d{1,3}(,\d{3})+\Z"#)
}

private func + (text: String, rest: Scalars) -> Scalars { text.scalars + rest }
private func + (text: Scalars, rest: String) -> Scalars { text + rest.unicodeScalars }
