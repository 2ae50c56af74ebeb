/// The hits of ROUGE-Lsum: for each reference sentence the union, over all prediction sentences, of its longest common
/// subsequence with that sentence; every token counted at most as often as the prediction has it.
///
/// *Which* longest subsequence matters, because of the union. rouge-score backtracks from the end of the table: on equal
/// tokens diagonally, otherwise left if that is strictly better, otherwise up (0.1.2, `rouge_scorer.py`, `_backtrack_norec`).
/// On a mismatch left is strictly better exactly where the bit-parallel column V has a 0. A bit turns 0 only in a column
/// whose token matches. So the next token of the subsequence is the highest position below the last one that has a 0 in V or
/// matches now, and it was matched by the nearest column to the left that has the same token: one step per match.
///
/// All reference sentences share the words of one column; a spare 0 bit after each absorbs its carries.
struct SummaryOverlap: ~Copyable {
  struct Segment: BitwiseCopyable {
    /// Bits of the sentence's tokens.
    var start: Int
    var end: Int
    /// Where backtracking stands: below `row`, at `column`.
    var row = 0
    var column = 0
  }

  /// Words of columns kept at once (1 MiB). Longer prediction sentences are walked block by block, from checkpoints.
  static let columnBudget = 1 << 17

  private var masks = MatchMasks()
  private var segments = ScratchBuffer<Segment>()
  /// The bit of each reference token.
  private var positions = ScratchBuffer<Int>()
  /// The token at each bit, -1 at spare bits.
  private var tokenAt = ScratchBuffer<Int32>()
  /// 1 where a bit stands for a token.
  private var occupied = ScratchBuffer<UInt64>()
  private var columns = ScratchBuffer<UInt64>()
  private var checkpoints = ScratchBuffer<UInt64>()
  private var union = ScratchBuffer<UInt64>()
  private var available = ScratchBuffer<Int32>()
  private var wordCount = 0

  /// Time |reference|·|prediction|/64 plus the number of matches; memory grows with the power 1.5 of the texts at most.
  mutating func hits(_ pair: borrowing TokenizedPair) -> Int {
    if pair.reference.tokens.count == 0 || pair.prediction.tokens.count == 0 { return 0 }
    layOut(pair)
    for sentence in 0..<pair.prediction.sentenceCount {
      let range = pair.prediction.sentence(sentence)
      addSubsequences(of: UnsafeBufferPointer(rebasing: pair.prediction.tokens.elements[range]))
    }
    return clippedHits(pair)
  }

  /// Gives every reference token a bit. Sentences that fit into one word do not straddle two.
  private mutating func layOut(_ pair: borrowing TokenizedPair) {
    segments.removeAll()
    positions.removeAll()
    var next = 0
    for sentence in 0..<pair.reference.sentenceCount {
      let count = pair.reference.sentence(sentence).count
      if count < 64, next & 63 + count >= 64 { next = (next | 63) + 1 }
      segments.append(Segment(start: next, end: next + count))
      for offset in 0..<count { positions.append(next + offset) }
      next += count + 1
    }
    wordCount = (next + 63) / 64
    occupied.fill(0, count: wordCount)
    union.fill(0, count: wordCount)
    tokenAt.fill(-1, count: wordCount * 64)
    for index in 0..<positions.count {
      setBit(occupied.base, positions[index])
      tokenAt[positions[index]] = pair.reference.tokens[index]
    }
    let bit = positions.base
    masks.build(tokens: pair.reference.tokens.elements, distinct: pair.distinctCount, wordCount: wordCount) { bit[$0] }
  }

  /// Adds to the union what every reference sentence has in common with one prediction sentence.
  private mutating func addSubsequences(of sentence: UnsafeBufferPointer<Int32>) {
    let blockLength = min(sentence.count, max(Self.columnBudget / wordCount, Int(Double(sentence.count).squareRoot())))
    let blockCount = (sentence.count + blockLength - 1) / blockLength
    checkpoints.resize(to: blockCount * wordCount)
    columns.resize(to: blockLength * wordCount)
    checkpoints.base.update(from: occupied.base, count: wordCount)
    for block in 0..<(blockCount - 1) {
      fillColumns(UnsafeBufferPointer(rebasing: sentence[(block * blockLength)..<((block + 1) * blockLength)]), block)
      (checkpoints.base + (block + 1) * wordCount)
        .update(from: columns.base + (blockLength - 1) * wordCount, count: wordCount)
    }
    for index in 0..<segments.count {
      segments[index].row = segments[index].end
      segments[index].column = sentence.count - 1
    }
    for block in stride(from: blockCount - 1, through: 0, by: -1) {
      let range = (block * blockLength)..<min((block + 1) * blockLength, sentence.count)
      fillColumns(UnsafeBufferPointer(rebasing: sentence[range]), block)
      for index in 0..<segments.count { backtrack(index, sentence, from: range.lowerBound) }
    }
  }

  /// The columns of a block of tokens, starting from its checkpoint.
  private mutating func fillColumns(_ tokens: UnsafeBufferPointer<Int32>, _ block: Int) {
    var previous = UnsafePointer(checkpoints.base + block * wordCount)
    var current = columns.base
    let (occupied, wordCount) = (UnsafePointer(occupied.base), wordCount)
    for token in tokens {
      if token < 0 {
        current.update(from: previous, count: wordCount)
      } else {
        masks.withRow(token) { row in
          var carry: UInt64 = 0
          for index in 0..<wordCount {
            let bits = previous[index]
            let (partial, overflow) = bits.addingReportingOverflow(bits & row[index])
            let (sum, carryOverflow) = partial.addingReportingOverflow(carry)
            current[index] = (sum | (bits & ~row[index])) & occupied[index]
            carry = (overflow ? 1 : 0) | (carryOverflow ? 1 : 0)
          }
        }
      }
      previous = UnsafePointer(current)
      current += wordCount
    }
  }

  /// Follows one reference sentence back through the columns from `first` on.
  private mutating func backtrack(_ index: Int, _ sentence: UnsafeBufferPointer<Int32>, from first: Int) {
    var segment = segments[index]
    while segment.column >= first, segment.row > segment.start {
      let column = columns.base + (segment.column - first) * wordCount
      guard let position = lastCandidate(segment, UnsafePointer(column), token: sentence[segment.column]) else {
        segment.row = segment.start
        break
      }
      setBit(union.base, position)
      let token = tokenAt[position]
      while sentence[segment.column] != token { segment.column -= 1 }
      segment.column -= 1
      segment.row = position
    }
    segments[index] = segment
  }

  /// The highest position below the segment's row where the column grows or the token matches.
  @inline(__always)
  private func lastCandidate(_ segment: Segment, _ column: UnsafePointer<UInt64>, token: Int32) -> Int? {
    let range = segment.start..<segment.row
    if masks.isDense, token >= 0 {
      let row = masks.denseRow(token)
      return lastBit(in: range) { ~column[$0] | row[$0] }
    }
    let growth = lastBit(in: range) { ~column[$0] }
    guard token >= 0, let match = masks.lastPosition(of: token, in: range) else { return growth }
    return max(growth ?? match, match)
  }

  /// Walks the union in order and lets every hit use up one of the prediction's tokens.
  private mutating func clippedHits(_ pair: borrowing TokenizedPair) -> Int {
    available.fill(0, count: pair.distinctCount)
    for token in pair.prediction.tokens.elements where token >= 0 { available[Int(token)] += 1 }
    var hits = 0
    for index in 0..<positions.count {
      let position = positions[index]
      let token = Int(pair.reference.tokens[index])
      guard union[position >> 6] >> UInt64(position & 63) & 1 != 0, available[token] > 0 else { continue }
      available[token] -= 1
      hits += 1
    }
    return hits
  }
}
