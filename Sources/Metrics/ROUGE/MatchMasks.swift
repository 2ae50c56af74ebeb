/// For each token of a reference, the set of positions where it stands, as bits of 64-bit words.
///
/// Tokens get a full row of words only where that pays, so that memory stays linear in the text: at most 512 tokens of a
/// text can each have more than 1/512 of its positions. The others keep a list of positions.
struct MatchMasks: ~Copyable {
  private(set) var wordCount = 0
  private var rows = ScratchBuffer<UInt64>()
  /// Per token: the index of its row, or -1.
  private var rowOf = ScratchBuffer<Int32>()
  /// Positions sorted by token; those of token t are `positions[starts[t]..<starts[t + 1]]`, ascending.
  private var starts = ScratchBuffer<Int32>()
  private var positions = ScratchBuffer<Int32>()
  /// A row for tokens that have none, filled on demand; all zero between calls.
  private var sparseRow = ScratchBuffer<UInt64>()

  /// - Parameter wordCount: enough words for one bit per token.
  mutating func build(tokens: UnsafeBufferPointer<Int32>, distinct: Int, wordCount: Int) {
    self.wordCount = wordCount
    if wordCount <= 64 {
      buildRows(tokens, distinct: distinct)
    } else {
      buildLists(tokens, distinct: distinct)
    }
  }

  /// Whether every token has a row.
  var isDense: Bool { wordCount <= 64 }

  /// The row of a token when all have one.
  @inline(__always)
  func denseRow(_ token: Int32) -> UnsafePointer<UInt64> {
    UnsafePointer(rows.base + Int(token) * wordCount)
  }

  /// Calls `body` with the row of a token.
  @inline(__always)
  mutating func withRow(_ token: Int32, _ body: (UnsafePointer<UInt64>) -> Void) {
    if isDense { return body(denseRow(token)) }
    let row = rowOf[Int(token)]
    if row >= 0 { return body(UnsafePointer(rows.base + Int(row) * wordCount)) }
    let list = Int(starts[Int(token)])..<Int(starts[Int(token) + 1])
    for index in list { setBit(sparseRow.base, Int(positions[index])) }
    body(UnsafePointer(sparseRow.base))
    for index in list { sparseRow[Int(positions[index]) >> 6] = 0 }
  }

  /// The last position of a token before another position.
  func lastPosition(of token: Int32, before end: Int) -> Int? {
    let row = isDense ? token : rowOf[Int(token)]
    if row >= 0 { return lastBit(before: end) { rows[Int(row) * wordCount + $0] } }
    var low = Int(starts[Int(token)])
    var high = Int(starts[Int(token) + 1])
    let first = low
    while low < high {
      let middle = (low + high) / 2
      if Int(positions[middle]) < end { low = middle + 1 } else { high = middle }
    }
    return low > first ? Int(positions[low - 1]) : nil
  }

  private mutating func buildRows(_ tokens: UnsafeBufferPointer<Int32>, distinct: Int) {
    rows.fill(0, count: distinct * wordCount)
    for index in tokens.indices { setBit(rows.base + Int(tokens[index]) * wordCount, index) }
  }

  private mutating func buildLists(_ tokens: UnsafeBufferPointer<Int32>, distinct: Int) {
    starts.fill(0, count: distinct + 1)
    for token in tokens { starts[Int(token) + 1] += 1 }
    for token in 0..<distinct { starts[token + 1] += starts[token] }
    positions.resize(to: tokens.count)
    for index in tokens.indices {
      let token = Int(tokens[index])
      positions[Int(starts[token])] = Int32(index)
      starts[token] += 1
    }
    for token in stride(from: distinct, to: 0, by: -1) { starts[token] = starts[token - 1] }
    starts[0] = 0
    sparseRow.fill(0, count: wordCount)
    giveRowsToFrequentTokens(distinct: distinct, textLength: tokens.count)
  }

  private mutating func giveRowsToFrequentTokens(distinct: Int, textLength: Int) {
    rowOf.fill(-1, count: distinct)
    rows.removeAll()
    for token in 0..<distinct where 512 * Int(starts[token + 1] - starts[token]) > textLength {
      let row = rows.count
      rowOf[token] = Int32(row / wordCount)
      rows.resize(to: row + wordCount)
      (rows.base + row).update(repeating: 0, count: wordCount)
      for index in Int(starts[token])..<Int(starts[token + 1]) { setBit(rows.base + row, Int(positions[index])) }
    }
  }
}

@inline(__always)
func setBit(_ words: UnsafeMutablePointer<UInt64>, _ position: Int) {
  words[position >> 6] |= 1 &<< UInt64(position & 63)
}

/// The highest set bit below a position of a bit set that is given word by word.
@inline(__always)
func lastBit(before end: Int, words: (Int) -> UInt64) -> Int? {
  if end == 0 { return nil }
  var index = (end - 1) >> 6
  // Keep the bits below the end; the shift is 0...63.
  var word = words(index) & (~0 &>> UInt64(63 - (end - 1) & 63))
  while word == 0 {
    if index == 0 { return nil }
    index -= 1
    word = words(index)
  }
  return index << 6 + 63 - word.leadingZeroBitCount
}
