/// Whether two mathematical answers are the same, where that can be decided.
package enum MathEquivalence: String, CaseIterable, Sendable {
  case equal
  case different
  /// One of them cannot be read, or rounding leaves it open.
  case undecided

  /// Compares two answers in LaTeX.
  ///
  /// Equal under the MATH data set's own rule (`HendrycksMATH`) is equal. Otherwise both are evaluated at several values of
  /// their unknowns: equal within 1e-9 everywhere is equal (an identity test, after Schwartz and Zippel), a difference above
  /// 1e-6 anywhere is different. Tuples and intervals are compared part by part. Answers with an i or e, which may be
  /// numbers, are never called different.
  package init(_ first: String, _ second: String) {
    if HendrycksMATH(origin: .original).areEquivalent(first, second) {
      self = .equal
    } else {
      self.init(Self.withoutDressing(first.scalars), Self.withoutDressing(second.scalars))
    }
  }

  /// Drops what has no meaning: dollar signs, sizes of brackets, thin spaces, a degree sign, and spaces around it all.
  private static func withoutDressing(_ text: Scalars) -> Scalars {
    ["$", #"\left"#, #"\right"#, #"\!"#, #"\,"#, #"\;"#, #"^{\circ}"#, #"^\circ"#]
      .reduce(text) { $0.replacing($1, with: "") }.pythonStripped
  }

  private init(_ first: Scalars, _ second: Scalars) {
    let (left, right) = (Self.parts(of: first), Self.parts(of: second))
    guard let left, let right else {
      self = left == nil && right == nil ? Self.compare(first, second) : .undecided
      return
    }
    guard left.count == right.count, first.first == second.first, first.last == second.last else {
      self = .undecided
      return
    }
    let verdicts = zip(left, right).map { Self.compare($0, $1) }
    self = verdicts.contains(.different) ? .different : verdicts.allSatisfy { $0 == .equal } ? .equal : .undecided
  }

  /// The parts of a tuple or interval; `nil` for anything else.
  private static func parts(of text: Scalars) -> [Scalars]? {
    guard let first = text.first, let last = text.last, text.count > 2, first == "(" || first == "[",
      last == ")" || last == "]"
    else { return nil }
    var parts: [Scalars] = []
    var depth = 0
    var start = text.startIndex + 1
    for index in text.indices.dropFirst().dropLast() {
      switch text[index] {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      case "," where depth == 0:
        parts.append(text[start..<index])
        start = index + 1
      default: break
      }
      if depth < 0 { return nil }
    }
    return parts.isEmpty ? nil : parts + [text[start..<(text.endIndex - 1)]]
  }

  private static func compare(_ first: Scalars, _ second: Scalars) -> MathEquivalence {
    if first == second { return .equal }
    guard let left = expression(first), let right = expression(second) else { return .undecided }
    let names = left.unknowns.union(right.unknowns)
    var compared = 0
    for seed in 0..<8 {
      func unknown(_ name: Unicode.Scalar) -> Double { sample(name, seed) }
      let (a, b) = (left.value(unknown), right.value(unknown))
      guard a.isFinite, b.isFinite else { continue }
      let difference = abs(a - b) / max(abs(a), abs(b), 1e-12)
      if difference > 1e-6 { return names.isDisjoint(with: ["i", "e"]) ? .different : .undecided }
      if difference > 1e-9 { return .undecided }
      compared += 1
    }
    return compared >= 3 ? .equal : .undecided
  }

  /// Thousands separators are dropped where they can be nothing else.
  private static func expression(_ text: Scalars) -> MathExpression? {
    if grouped.firstMatch(in: text) != nil { return MathExpression(text.replacing(",", with: "")) }
    if let expression = MathExpression(text) { return expression }
    // The data set's clean-up puts braces around the digits of \frac12.
    return (try? HendrycksMATH(origin: .original).normalized(text.text)).flatMap { MathExpression($0.scalars) }
  }

  private static let grouped = PythonRegex(known: #"\A-?\d{1,3}(,\d{3})+(\.\d+)?\Z"#)

  /// Fixed irrational-looking values between 0.5 and 3.
  private static func sample(_ name: Unicode.Scalar, _ seed: Int) -> Double {
    let mixed = (Double(name.value) * 0.618_033_988_749_894_9 + Double(seed) * 0.754_877_666_246_692_8)
    return 0.5 + 2.5 * (mixed - mixed.rounded(.down))
  }
}
