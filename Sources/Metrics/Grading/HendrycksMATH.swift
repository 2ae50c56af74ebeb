/// The MATH data set's own comparison of answers (Hendrycks et al. 2021): equal strings after clean-up of their LaTeX.
package struct HendrycksMATH: Hashable, Sendable {
  /// The two places that define it; they differ in what happens to `x/2`.
  package enum Origin: String, CaseIterable, Sendable {
    /// hendrycks/math 985bdc1, `modeling/math_equivalence.py`: a quotient of other than integers is left alone.
    case original = "hendrycks-math"
    /// lm-eval 0.4.13, `tasks/hendrycks_math/utils.py`: such a quotient is an error, so that raw strings are compared.
    case harness = "lm-eval"
  }

  /// Why an answer cannot be cleaned up.
  package enum NormalizationError: Error, Hashable {
    /// More than one `\text{ ` unit.
    case severalUnits
    /// `\sqrt` or `\frac` with nothing after it.
    case nothingAfterCommand
    /// A quotient whose sides are not both integers.
    case noIntegerQuotient
  }

  package let origin: Origin

  package init(origin: Origin = .harness) { self.origin = origin }

  package var signature: Signature { Signature("math", ["norm": "hendrycks", "like": origin.rawValue]) }

  /// The harness's reading of a response: between its first and last dollar sign, or all of it.
  package static func answer(in response: String) -> String {
    let text = response.scalars
    guard let first = text.firstIndex(of: "$"), let last = text.lastIndex(of: "$"), first < last else {
      return response
    }
    return text[(first + 1)..<last].text
  }

  /// Whether two answers are the same. Two missing answers are; if either cannot be cleaned up the raw strings decide.
  package func areEquivalent(_ first: String?, _ second: String?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    do throws(NormalizationError) {
      return try cleaned(first.scalars) == cleaned(second.scalars)
    } catch { return first.scalars == second.scalars }
  }

  /// `strip_string`
  package func normalized(_ answer: String) throws(NormalizationError) -> String { try cleaned(answer.scalars).text }

  private func cleaned(_ answer: Scalars) throws(NormalizationError) -> Scalars {
    var text = answer
    for (old, new) in Self.replacements { text = text.replacing(old, with: new) }
    text = try withoutUnits(text).replacing(#"\%"#, with: "").replacing(" .", with: " 0.").replacing("{.", with: "{0.")
    if text.isEmpty { return text }
    if text.first == "." { text = ["0"] + text }
    // "k = 7", but not "f(x) = 7".
    let sides = text.pieces(separatedBy: "=")
    if sides.count == 2, sides[0].count <= 2 { text = sides[1] }
    text = try bracedRoots(text).replacing(" ", with: "")
    text = try bracedFractions(text)
    if text == "0.5".scalars { text = #"\frac{1}{2}"#.scalars }
    return try fractionOfQuotient(text)
  }

  private static let replacements = [
    ("\n", ""), (#"\!"#, ""), (#"\\"#, #"\"#), ("tfrac", "frac"), ("dfrac", "frac"), (#"\left"#, ""), (#"\right"#, ""),
    (#"^{\circ}"#, ""), (#"^\circ"#, ""), (#"\$"#, ""),
  ]

  private func withoutUnits(_ text: Scalars) throws(NormalizationError) -> Scalars {
    let parts = text.pieces(separatedBy: #"\text{ "#)
    if parts.count > 2 { throw .severalUnits }
    return parts[0]
  }

  /// `\sqrt3` becomes `\sqrt{3}`.
  private func bracedRoots(_ text: Scalars) throws(NormalizationError) -> Scalars {
    let parts = text.pieces(separatedBy: #"\sqrt"#)
    var result = Array(parts[0])
    for part in parts.dropFirst() {
      guard let first = part.first else { throw .nothingAfterCommand }
      result += #"\sqrt"#.unicodeScalars
      result += first == "{" ? Array(part) : ["{", first, "}"] + part.dropFirst()
    }
    return result[...]
  }

  /// `\frac12` and `\frac1{72}` get braces; a `\frac` with a single character after it leaves the whole text as it was.
  private func bracedFractions(_ text: Scalars) throws(NormalizationError) -> Scalars {
    let parts = text.pieces(separatedBy: #"\frac"#)
    var result = Array(parts[0])
    for part in parts.dropFirst() {
      guard let first = part.first else { throw .nothingAfterCommand }
      result += #"\frac"#.unicodeScalars
      if first == "{" {
        result += part
        continue
      }
      guard let second = part.dropFirst().first else { return text }
      result += second == "{" ? ["{", first, "}", "{"] : ["{", first, "}", "{", second, "}"]
      result += part.dropFirst(2)
    }
    return result[...]
  }

  /// `3/4` becomes `\frac{3}{4}`.
  private func fractionOfQuotient(_ text: Scalars) throws(NormalizationError) -> Scalars {
    let sides = text.pieces(separatedBy: "/")
    guard sides.count == 2 else { return text }
    guard sides.allSatisfy(\.isPythonInteger) else {
      if origin == .harness { throw .noIntegerQuotient }
      return text
    }
    guard sides.allSatisfy(\.isCanonicalInteger) else { return text }
    return #"\frac{"#.scalars + sides[0] + "}{".scalars + sides[1] + "}".scalars
  }
}

extension Scalars {
  /// Whether `int(text)` succeeds: a sign, digits of any script with single underscores between them, white space around;
  /// at most 4,300 digits.
  fileprivate var isPythonInteger: Bool {
    Self.integer.firstMatch(in: pythonStripped) != nil && filter(\.isPythonDigit).count <= 4_300
  }

  private static let integer = PythonRegex(known: #"\A[+-]?\d+(?:_\d+)*\Z"#)

  /// Whether an integer is written the way Python prints it.
  fileprivate var isCanonicalInteger: Bool {
    let digits = first == "-" ? dropFirst() : self
    guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else { return false }
    return digits.first != "0" || count == 1
  }
}
