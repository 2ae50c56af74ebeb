internal import Statistics

extension GateResult {
  /// `0.0312`, or `<0.0001`.
  var pText: String {
    guard let p = adjustedP else { return "" }
    // Up, so that no p above the limit is printed as if it were not.
    return p < 0.0001 ? "<0.0001" : min(1, (p * 10_000).rounded(.up) / 10_000).printed(4)
  }

  /// How many prompts more would settle the verdict: `326`, `-` when it is settled, `unknown`.
  var promptsNeededText: String {
    promptsNeeded.map { $0 == 0 ? "-" : Self.grouped($0) } ?? (claim == nil ? "" : "unknown")
  }

  /// 1234567 as `1,234,567`.
  private static func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
      })
  }
}
