/// Equality of two texts after parts of them are ignored, as HF `evaluate`'s `exact_match` and lm-evaluation-harness do it.
///
/// In this order: every match of each pattern is deleted, letters are lower-cased, ASCII punctuation and ASCII digits are
/// deleted. Source: HF evaluate a7dd338, `metrics/exact_match`; lm-eval 0.4.13.
package struct ExactMatch: Sendable {
  package let ignoredPatterns: [PythonRegex]
  package let ignoresCase: Bool
  package let ignoresPunctuation: Bool
  package let ignoresDigits: Bool

  package init(
    ignoring patterns: [PythonRegex] = [], ignoresCase: Bool = false, ignoresPunctuation: Bool = false,
    ignoresDigits: Bool = false
  ) {
    ignoredPatterns = patterns
    self.ignoresCase = ignoresCase
    self.ignoresPunctuation = ignoresPunctuation
    self.ignoresDigits = ignoresDigits
  }

  package func matches(prediction: String, reference: String) -> Bool {
    normalized(prediction.scalars) == normalized(reference.scalars)
  }

  func normalized(_ text: Scalars) -> Scalars {
    var text = ignoredPatterns.reduce(text) { $1.removingMatches(in: $0) }
    if ignoresCase {
      // The reference lower-cases in NumPy arrays of fixed width, which cut what grows (only İ does).
      text = text.text.pythonLowercased.scalars.prefix(text.count)
    }
    if ignoresPunctuation { text = text.filter { !$0.isASCIIPunctuation }[...] }
    if ignoresDigits { text = text.filter { !$0.isASCIIDigit }[...] }
    // NumPy pads with NUL and so loses it at the end.
    while text.last == "\0" { text.removeLast() }
    return text
  }

  package var signature: Signature {
    Signature(
      "exact_match",
      [
        "case": ignoresCase ? "lc" : "mixed", "punct": ignoresPunctuation ? "no" : "yes",
        "digits": ignoresDigits ? "no" : "yes", "patterns": String(ignoredPatterns.count),
      ])
  }
}
