package import Statistics

/// Where a submission's answers leave the reference's, over all prompts.
package struct DivergenceSummary: Hashable, Sendable {
  package let prompts: Int
  /// Prompts with the same text.
  package let exactMatches: Int
  /// Equal tokens at equal steps, by the tokens of the longer answer, over all prompts; `nil` without tokens.
  package let tokenMatchRate: Double?
  /// The first step that differs, of the prompts that do; `nil` for none.
  package let steps: Quantiles?
  package let diverged: Int
  /// First divergences where the reference was undecided, and where it was not; both 0 where no margin is known.
  package let nearTies, confident: Int
  /// First divergences by step: below 4, 4 to 7, 8 to 15, and so on by doubling; the last is open.
  package let histogram: [Int]
  package static let histogramBounds = [4, 8, 16, 32, 64]

  /// - Parameter threshold: the largest margin of a near-tie; `nil` when it was not measured.
  package init(_ comparison: Comparison, threshold: Double?) {
    prompts = comparison.prompts.count
    exactMatches = comparison.exactMatchCount
    var (equal, longer) = (0, 0)
    for prompt in comparison.prompts {
      guard let left = comparison.reference[prompt.id]?.tokens,
        let right = comparison.submission[prompt.id]?.tokens
      else {
        continue
      }
      equal += zip(left, right).count { $0 == $1 }
      longer += max(left.count, right.count)
    }
    tokenMatchRate = longer > 0 ? Double(equal) / Double(longer) : nil
    let divergences = comparison.prompts.compactMap(\.divergence)
    diverged = divergences.count
    steps = Quantiles(divergences.map { Double($0.index) })
    let margins = threshold == nil ? [] : divergences.compactMap(\.margin)
    nearTies = margins.count { $0 <= threshold ?? 0 }
    confident = margins.count - nearTies
    var histogram = Array(repeating: 0, count: Self.histogramBounds.count + 1)
    for divergence in divergences {
      histogram[
        Self.histogramBounds.firstIndex { divergence.index < $0 } ?? Self.histogramBounds.count] +=
        1
    }
    self.histogram = histogram
  }
}
