/// The length of the longest common subsequence of two token sequences, 64 cells of the table per step.
///
/// One bit per reference position holds the vertical difference of the dynamic-programming table's current column: 0 where
/// the column grows by one. A prediction token with the position set M turns V into (V + (V & M)) | (V & ~M). Time
/// |reference|·|prediction|/64, memory linear. Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited".
struct LongestCommonSubsequence: ~Copyable {
  private var masks = MatchMasks()
  private var column = ScratchBuffer<UInt64>()

  mutating func length(_ pair: borrowing TokenizedPair) -> Int {
    let count = pair.reference.tokens.count
    if count == 0 || pair.prediction.tokens.count == 0 { return 0 }
    let wordCount = (count + 63) / 64
    masks.build(tokens: pair.reference.tokens.elements, distinct: pair.distinctCount, wordCount: wordCount) { $0 }
    column.fill(~0, count: wordCount)
    let base = column.base
    for token in pair.prediction.tokens.elements where token >= 0 {
      masks.withRow(token) { advance(base, by: $0, wordCount: wordCount) }
    }
    // Bits above the reference have no match and so stay 1.
    return (0..<wordCount).reduce(0) { $0 + (~base[$1]).nonzeroBitCount }
  }
}

/// One column of the bit-parallel table, in place.
@inline(__always)
func advance(_ column: UnsafeMutablePointer<UInt64>, by row: UnsafePointer<UInt64>, wordCount: Int) {
  var carry: UInt64 = 0
  for index in 0..<wordCount {
    let bits = column[index]
    let (partial, overflow) = bits.addingReportingOverflow(bits & row[index])
    let (sum, carryOverflow) = partial.addingReportingOverflow(carry)
    column[index] = sum | (bits & ~row[index])
    carry = (overflow ? 1 : 0) | (carryOverflow ? 1 : 0)
  }
}
