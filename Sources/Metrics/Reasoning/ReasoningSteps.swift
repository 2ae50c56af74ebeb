/// One intermediate calculation of a chain of thought, checked.
package struct ReasoningStep: Hashable, Sendable {
  /// Both sides as they stand in the text.
  package let calculation: String
  package let claim: String
  /// What the calculation comes to, and what is claimed.
  package let computed: Double
  package let claimed: Double
  /// Whether the claim is the value, or the value rounded to the decimals that the claim has. A whole number must be exact.
  package let isCorrect: Bool

  /// The numbers and operators of the calculation, in any order.
  let operands: [Double]
  let operators: [Unicode.Scalar]

  init(_ calculation: Scalars, _ left: ArithmeticExpression, claim: Scalars, _ right: ArithmeticExpression) {
    self.calculation = calculation.pythonStripped.text
    self.claim = claim.pythonStripped.text
    computed = left.value
    claimed = right.value
    let rounding = right.operators.isEmpty && right.decimals > 0 ? 0.5 * decimalPower(-right.decimals) : 0
    // "45 + 49 = 94%" counts in percent on both sides.
    let scale: Double = right.isPercentage && abs(left.value) > 1.5 * abs(right.value) ? 100 : 1
    isCorrect = abs(left.value - scale * right.value) <= rounding + 1e-9 * max(abs(left.value), 1)
    operands = left.operands.sorted()
    operators = left.operators.sorted()
  }

  /// Whether two steps calculate the same, whatever they come to.
  func hasSameCalculation(as other: ReasoningStep) -> Bool {
    operands == other.operands && operators == other.operators
  }
}

private func decimalPower(_ exponent: Int) -> Double { (0..<abs(exponent)).reduce(1.0) { power, _ in power / 10 } }

/// Finds the calculations of a solution in the order of the text: GSM8K's annotations `<<16-3-4=9>>`, and plain
/// `16 - 3 - 4 = 9` where no annotation says the same.
package enum ReasoningSteps {
  /// How far before an equals sign a calculation is looked for, in code points.
  private static let reach = 200

  package static func steps(in solution: String) -> [ReasoningStep] {
    let text = solution.scalars
    var steps: [ReasoningStep] = []
    var index = text.startIndex
    var lineStart = index
    while index < text.endIndex {
      if let end = annotationEnd(text, index) {
        if let step = annotated(text[(index + 2)..<end]) { steps.append(step) }
        index = end + 2
        lineStart = index
      } else {
        if text[index] == "\n" || text[index] == "=" && index > lineStart {
          if text[index] == "=", let step = plain(text, lineStart, index) { steps.append(step) }
          lineStart = index + 1
        }
        index += 1
      }
    }
    return steps
  }

  /// Where the annotation that begins at a position ends.
  private static func annotationEnd(_ text: Scalars, _ start: Int) -> Int? {
    guard text[start] == "<", text[start...].hasPrefix("<<") else { return nil }
    return text[start...].prefix(reach).firstIndex(of: ">>")
  }

  private static func annotated(_ text: Scalars) -> ReasoningStep? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let (left, right) = (text[..<equals], text[(equals + 1)...])
    guard let calculation = ArithmeticExpression(left), let claim = ArithmeticExpression(right) else { return nil }
    return calculation.operators.isEmpty ? nil : ReasoningStep(left, calculation, claim: right, claim)
  }

  /// The longest calculation that ends at an equals sign, with the longest that begins after it.
  private static func plain(_ text: Scalars, _ lineStart: Int, _ equals: Int) -> ReasoningStep? {
    let after = text[(equals + 1)...].drop { $0 == " " || $0 == "$" }
    // The annotation that follows says the same.
    if after.hasPrefix("<<") { return nil }
    guard let (right, claim) = longestPrefix(of: after), !continues(text[right.endIndex...]) else { return nil }
    for start in max(lineStart, equals - reach)..<equals where isStart(text, start, lineStart) {
      guard let calculation = ArithmeticExpression(text[start..<equals]) else { continue }
      if calculation.operators.isEmpty || isContinuation(text[lineStart..<start]) { return nil }
      return ReasoningStep(text[start..<equals], calculation, claim: right, claim)
    }
    return nil
  }

  /// Whether what stands before a calculation belongs to it: an operator, a number, an unknown.
  private static func isContinuation(_ before: Scalars) -> Bool {
    guard let last = before.last else { return false }
    if last.isPythonWord { return true }
    let previous = before.last { $0 != " " && $0 != "$" } ?? " "
    return previous.isASCIIDigit || "+*/×÷^(,=".unicodeScalars.contains(previous)
  }

  /// Whether a claim goes on with something that is no number, as in "4x".
  private static func continues(_ after: Scalars) -> Bool {
    let next = after.first { $0 != " " } ?? " "
    if "+-*/×÷^(".unicodeScalars.contains(next) { return true }
    // A single letter is an unknown, a longer word a unit.
    return after.first?.isASCIILetter == true && after.dropFirst().first?.isPythonWord != true
  }

  /// A calculation starts at a sign, a parenthesis or the first digit of a number.
  private static func isStart(_ text: Scalars, _ index: Int, _ lineStart: Int) -> Bool {
    switch text[index] {
    case "(", "-", "$", ".": return true
    case let scalar where scalar.isASCIIDigit:
      guard index > lineStart else { return true }
      let before = text[index - 1]
      return !(before.isPythonWord || before == "." || before == ",")
    default: return false
    }
  }

  private static func longestPrefix(of text: Scalars) -> (Scalars, ArithmeticExpression)? {
    var end = text.prefix(reach).prefix {
      $0.isASCIIDigit || " $.,+-*/()%×÷".unicodeScalars.contains($0)
    }.endIndex
    while end > text.startIndex {
      if let claim = ArithmeticExpression(text[text.startIndex..<end]) { return (text[text.startIndex..<end], claim) }
      end -= 1
    }
    return nil
  }
}
