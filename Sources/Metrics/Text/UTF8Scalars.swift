/// Reading code points out of UTF-8 bytes, for the loops that are too hot for an array of scalars.
extension UnsafeBufferPointer<UInt8> {
  /// The code point at a byte and its length; U+FFFD and 1 where the bytes are not UTF-8.
  @inline(__always)
  func scalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let byte = self[index]
    return byte < 0x80 ? (Unicode.Scalar(byte), 1) : longScalar(at: index)
  }

  private func longScalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let length = self[index] >= 0xF0 ? 4 : self[index] >= 0xE0 ? 3 : 2
    guard self[index] >= 0xC2, self[index] < 0xF5, index + length <= count else { return ("\u{FFFD}", 1) }
    var value = UInt32(self[index]) & (0xFF >> UInt32(length + 1))
    for offset in 1..<length {
      guard self[index + offset] & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
      value = value << 6 | UInt32(self[index + offset] & 0x3F)
    }
    return Unicode.Scalar(value).map { ($0, length) } ?? ("\u{FFFD}", 1)
  }

  /// The length of the Python space at a byte, or 0 if there is none.
  @inline(__always)
  func spaceLength(at index: Int) -> Int {
    let byte = self[index]
    if byte < 0x80 { return byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte) ? 1 : 0 }
    let (scalar, length) = longScalar(at: index)
    return scalar.isPythonSpace ? length : 0
  }

  /// Where the text ends without trailing Python spaces (`str.rstrip`), not before `start`.
  func endWithoutSpace(from start: Int = 0) -> Int {
    var end = count
    while end > start {
      var previous = end - 1
      while previous > start, end - previous < 4, self[previous] & 0xC0 == 0x80 { previous -= 1 }
      guard spaceLength(at: previous) == end - previous else { break }
      end = previous
    }
    return end
  }

  /// Where the text starts without leading Python spaces (`str.lstrip`).
  func startWithoutSpace() -> Int {
    var start = 0
    while start < count {
      let length = spaceLength(at: start)
      if length == 0 { break }
      start += length
    }
    return start
  }

  /// Whether a range holds nothing but Python spaces.
  func isBlank(_ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let length = spaceLength(at: index)
      if length == 0 { return false }
      index += length
    }
    return true
  }
}
