/// Where a submission first leaves the reference.
package struct Divergence: Hashable, Sendable {
  package enum Unit: String, Hashable, Sendable {
    case token
    /// Runs of characters that are not white space, for runs that do not record tokens.
    case word
  }

  /// The first step that differs, counted from 0; the shorter length when one run is the start of the other.
  package let index: Int
  package let unit: Unit
  /// The reference's best logit minus its second best at that step; near 0 means that a rounding error could tip it.
  package let margin: Double?

  /// `nil` when the two outputs agree step for step. Tokens are compared when both runs have them, else words.
  package init?(reference: Output, submission: Output) {
    if let left = reference.tokens, let right = submission.tokens {
      guard let index = firstDifference(left, right) else { return nil }
      self.index = index
      unit = .token
      margin = reference.margins.flatMap { $0.indices.contains(index) ? $0[index] : nil }
    } else {
      guard let index = firstDifference(words(reference.text), words(submission.text)) else {
        return nil
      }
      self.index = index
      unit = .word
      margin = nil
    }
  }
}

private func firstDifference<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int? {
  let shorter = min(left.count, right.count)
  return (0..<shorter).first { left[$0] != right[$0] }
    ?? (left.count == right.count ? nil : shorter)
}

private func words(_ text: String) -> [Substring] {
  text.split(whereSeparator: \.isWhitespace)
}
