/// A reference sentence too long for one machine word: its common subsequences with all prediction sentences.
///
/// The columns of a prediction sentence are kept in blocks and recomputed from checkpoints, so that two sentences of n
/// tokens need memory for n²/64 bits only as long as that is small, and for n·√n bits beyond.
struct LongSentence: ~Copyable {
  /// Words of columns kept at once (1 MiB).
  static let columnBudget = 1 << 17

  private var masks = MatchMasks()
  private var columns = ScratchBuffer<UInt64>()
  private var checkpoints = ScratchBuffer<UInt64>()
  private var wordCount = 0

  /// Where backtracking stands: below `row`, at `column`.
  struct Cursor {
    var row: Int
    var column: Int
  }

  /// Marks the tokens of a reference sentence that some prediction sentence shares with it.
  mutating func union(_ range: Range<Int>, _ pair: borrowing TokenizedPair, isShared: UnsafeMutablePointer<Bool>) {
    let reference = UnsafeBufferPointer(rebasing: pair.reference.tokens.elements[range])
    wordCount = (reference.count + 63) / 64
    masks.build(tokens: reference, distinct: pair.distinctCount, wordCount: wordCount)
    for index in 0..<pair.prediction.sentenceCount {
      let sentence = UnsafeBufferPointer(rebasing: pair.prediction.tokens.elements[pair.prediction.sentence(index)])
      addSubsequence(of: reference, sentence, isShared: isShared + range.lowerBound)
    }
  }

  private mutating func addSubsequence(
    of reference: UnsafeBufferPointer<Int32>, _ sentence: UnsafeBufferPointer<Int32>,
    isShared: UnsafeMutablePointer<Bool>
  ) {
    let blockLength = min(sentence.count, max(Self.columnBudget / wordCount, Int(Double(sentence.count).squareRoot())))
    let blockCount = (sentence.count + blockLength - 1) / blockLength
    checkpoints.resize(to: blockCount * wordCount)
    columns.resize(to: blockLength * wordCount)
    checkpoints.base.update(repeating: ~0, count: wordCount)
    for block in 0..<(blockCount - 1) {
      fillColumns(UnsafeBufferPointer(rebasing: sentence[(block * blockLength)..<((block + 1) * blockLength)]), block)
      (checkpoints.base + (block + 1) * wordCount)
        .update(from: columns.base + (blockLength - 1) * wordCount, count: wordCount)
    }
    var cursor = Cursor(row: reference.count, column: sentence.count - 1)
    for block in stride(from: blockCount - 1, through: 0, by: -1) {
      let range = (block * blockLength)..<min((block + 1) * blockLength, sentence.count)
      fillColumns(UnsafeBufferPointer(rebasing: sentence[range]), block)
      backtrack(&cursor, reference, sentence, from: range.lowerBound, isShared: isShared)
    }
  }

  /// The columns of a block of tokens, starting from its checkpoint.
  private mutating func fillColumns(_ tokens: UnsafeBufferPointer<Int32>, _ block: Int) {
    var previous = checkpoints.base + block * wordCount
    var current = columns.base
    let wordCount = wordCount
    for token in tokens {
      current.update(from: previous, count: wordCount)
      if token >= 0 { masks.withRow(token) { advance(current, by: $0, wordCount: wordCount) } }
      previous = current
      current += wordCount
    }
  }

  /// Goes back through the columns from `first` on.
  private func backtrack(
    _ cursor: inout Cursor, _ reference: UnsafeBufferPointer<Int32>, _ sentence: UnsafeBufferPointer<Int32>,
    from first: Int, isShared: UnsafeMutablePointer<Bool>
  ) {
    while cursor.column >= first, cursor.row > 0 {
      let column = UnsafePointer(columns.base + (cursor.column - first) * wordCount)
      guard let position = lastCandidate(before: cursor.row, column, token: sentence[cursor.column]) else {
        cursor.row = 0
        return
      }
      isShared[position] = true
      // The column may lie before this block, which does not matter: only tokens are compared.
      while sentence[cursor.column] != reference[position] { cursor.column -= 1 }
      cursor.column -= 1
      cursor.row = position
    }
  }

  /// The highest position below `row` where the column grows or the token matches.
  private func lastCandidate(before row: Int, _ column: UnsafePointer<UInt64>, token: Int32) -> Int? {
    let growth = lastBit(before: row) { ~column[$0] }
    guard token >= 0, let match = masks.lastPosition(of: token, before: row) else { return growth }
    return max(growth ?? match, match)
  }
}
