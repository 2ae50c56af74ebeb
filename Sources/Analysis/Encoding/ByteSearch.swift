/// Searches that look at eight bytes at a time, for the loops that see every byte of a large file.
extension [UInt8] {
  /// The first quote, backslash or control character, or `end`: where a run of text in a JSON string ends.
  func endOfPlainText(from start: Int, before end: Int) -> Int {
    firstIndex(from: start, before: end) { word in
      hasZeroByte(word ^ repeated(UInt8(ascii: "\""))) | hasZeroByte(word ^ repeated(UInt8(ascii: "\\")))
        | (word &- repeated(0x20)) & ~word & repeated(0x80)
    }
  }

  /// The first line feed, or `end`.
  func firstLineFeed(from start: Int, before end: Int) -> Int {
    firstIndex(from: start, before: end) { hasZeroByte($0 ^ repeated(0x0A)) }
  }

  /// How many line feeds the bytes before `end` have.
  func countLineFeeds(before end: Int) -> Int {
    precondition(end <= count)
    let memory = unsafe span.bytes
    var (feeds, index) = (0, 0)
    while index + 8 <= end {
      let word = unsafe memory.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) ^ repeated(0x0A)
      // Exact for every byte: the sum of seven bits cannot carry into the next byte.
      let nonZero = ((word & repeated(0x7F)) &+ repeated(0x7F)) | word
      feeds &+= (~nonZero & repeated(0x80)).nonzeroBitCount
      index += 8
    }
    return feeds + self[index..<end].count { $0 == 0x0A }
  }

  /// The first byte whose top bit `marks` sets, or `end`. Marks above the first may be wrong: a borrow makes them.
  @inline(__always)
  private func firstIndex(from start: Int, before end: Int, marks: (UInt64) -> UInt64) -> Int {
    precondition(start >= 0 && end <= count)
    let memory = unsafe span.bytes
    var index = start
    while index + 8 <= end {
      // Checked against the bounds; any eight bytes are an integer.
      let word = unsafe memory.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      let found = marks(UInt64(littleEndian: word))
      if found != 0 { return index + found.trailingZeroBitCount >> 3 }
      index += 8
    }
    while index < end, marks(repeated(self[index])) == 0 { index += 1 }
    return index
  }
}

@inline(__always)
private func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// Sets the top bit of the first byte that is zero (Mycroft 1987).
@inline(__always)
private func hasZeroByte(_ word: UInt64) -> UInt64 { (word &- repeated(0x01)) & ~word & repeated(0x80) }
