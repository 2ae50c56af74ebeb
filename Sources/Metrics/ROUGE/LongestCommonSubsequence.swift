/// The length of the longest common subsequence of two token sequences, 64 cells of the table per step.
///
/// One bit per reference position holds the vertical difference of the dynamic-programming table's current column: 0 where
/// the column grows by one. A prediction token with the position set M turns V into (V + (V & M)) | (V & ~M). Time
/// |reference|·|prediction|/64, memory linear. Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited".
struct LongestCommonSubsequence: ~Copyable {
  private var masks = MatchMasks()
  private var column = ScratchBuffer<UInt64>()
  /// The prediction's tokens that the reference has; the others leave the column as it is.
  private var tokens = ScratchBuffer<Int32>()
  /// Per token of the prediction, the carry from one group of words into the next.
  private var carries = ScratchBuffer<UInt64>()

  mutating func length(_ pair: borrowing TokenizedPair) -> Int {
    let count = pair.reference.tokens.count
    if count == 0 { return 0 }
    tokens.copy(pair.prediction.tokens.elements)
    var known = 0
    for token in pair.prediction.tokens.elements {
      tokens[known] = token
      // One more unless the token is -1, without a branch on it.
      known &+= 1 &+ Int(token &>> 31)
    }
    tokens.resize(to: known)
    let wordCount = (count + 63) / 64
    masks.build(tokens: pair.reference.tokens.elements, distinct: pair.distinctCount, wordCount: wordCount)
    // Bits above the reference have no match and so stay 1.
    return masks.isDense ? lengthByWords(wordCount) : lengthByColumns(wordCount)
  }

  /// All tokens for a few words, then all tokens for the next: the words stay in registers, the carries are kept.
  private mutating func lengthByWords(_ wordCount: Int) -> Int {
    carries.fill(0, count: tokens.count)
    var zeros = 0
    var word = 0
    while word + 2 <= wordCount {
      zeros += zerosInTwoWords(word, wordCount)
      word += 2
    }
    return word < wordCount ? zeros + zerosInWord(word, wordCount) : zeros
  }

  private func zerosInTwoWords(_ word: Int, _ wordCount: Int) -> Int {
    let rows = masks.denseRow(0) + word
    var (low, high) = (~0 as UInt64, ~0 as UInt64)
    for index in 0..<tokens.count {
      let row = rows + Int(tokens[index]) &* wordCount
      var carry = carries[index]
      low = advance(low, by: row[0], &carry)
      high = advance(high, by: row[1], &carry)
      carries[index] = carry
    }
    return (~low).nonzeroBitCount + (~high).nonzeroBitCount
  }

  private func zerosInWord(_ word: Int, _ wordCount: Int) -> Int {
    let rows = masks.denseRow(0) + word
    var column = ~0 as UInt64
    for index in 0..<tokens.count {
      var carry = carries[index]
      column = advance(column, by: rows[Int(tokens[index]) &* wordCount], &carry)
    }
    return (~column).nonzeroBitCount
  }

  /// Token by token, for references whose rare tokens have no row of words.
  private mutating func lengthByColumns(_ wordCount: Int) -> Int {
    column.fill(~0, count: wordCount)
    let base = column.base
    for token in tokens.elements {
      masks.withRow(token) { advance(base, by: $0, wordCount: wordCount) }
    }
    return (0..<wordCount).reduce(0) { $0 + (~base[$1]).nonzeroBitCount }
  }
}

/// One word of a column of the bit-parallel table, with the carry from the word before and to the word after.
@inline(__always)
func advance(_ column: UInt64, by row: UInt64, _ carry: inout UInt64) -> UInt64 {
  let (partial, overflow) = column.addingReportingOverflow(column & row)
  let (sum, carryOverflow) = partial.addingReportingOverflow(carry)
  carry = (overflow ? 1 : 0) | (carryOverflow ? 1 : 0)
  return sum | (column & ~row)
}

/// One column, in place.
@inline(__always)
func advance(_ column: UnsafeMutablePointer<UInt64>, by row: UnsafePointer<UInt64>, wordCount: Int) {
  var carry: UInt64 = 0
  for index in 0..<wordCount { column[index] = advance(column[index], by: row[index], &carry) }
}
