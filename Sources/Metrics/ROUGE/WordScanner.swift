/// Finds ROUGE's words: lower-case the text, then take the maximal runs of `[a-z0-9]`.
///
/// Everything else separates words and vanishes: punctuation, accents, other scripts. Lower-casing is Python's, under which
/// just two characters outside ASCII turn into something with an ASCII letter; see `SpecialLetters`. Texts without them,
/// which is to say nearly all, are read in place, eight bytes at a time. Source: rouge-score 0.1.2, `tokenize.py`.
struct WordScanner: ~Copyable {
  /// Where each word starts and ends.
  private(set) var starts = ScratchBuffer<Int32>()
  private(set) var ends = ScratchBuffer<Int32>()
  /// Whether the text has a special letter, which the scanner takes for a separator.
  private(set) var hasSpecialLetter = false

  var count: Int { starts.count }

  /// Texts beyond this size have no words: 2 GiB is the limit of a word's position.
  static let longestText = Int(Int32.max) - 64

  /// Finds all words of a text.
  mutating func scan(_ text: UnsafeBufferPointer<UInt8>) {
    hasSpecialLetter = false
    guard text.count <= Self.longestText else {
      starts.removeAll()
      ends.removeAll()
      return
    }
    // No text has more words than every other byte.
    starts.resize(to: text.count / 2 + 1)
    ends.resize(to: text.count / 2 + 1)
    var (startCount, endCount) = (0, 0)
    var isInWord: UInt64 = 0
    var block = 0
    while block < text.count {
      let letters = letterBits(text, from: block)
      // A word starts at a letter after a non-letter, and ends at a non-letter after a letter.
      let previous = letters &<< 1 | isInWord
      startCount = Self.list(letters & ~previous, from: block, starts.base, startCount)
      endCount = Self.list(~letters & previous, from: block, ends.base, endCount)
      isInWord = letters &>> 63
      block += 64
    }
    if isInWord == 1 {
      ends.base[endCount] = Int32(truncatingIfNeeded: block)
      endCount += 1
    }
    starts.resize(to: startCount)
    ends.resize(to: endCount)
  }

  @inline(__always)
  private static func list(
    _ bits: UInt64, from block: Int, _ positions: UnsafeMutablePointer<Int32>, _ count: Int
  ) -> Int {
    var bits = bits
    var count = count
    while bits != 0 {
      positions[count] = Int32(truncatingIfNeeded: block &+ bits.trailingZeroBitCount)
      count &+= 1
      bits &= bits &- 1
    }
    return count
  }

  /// Which of 64 bytes are ASCII letters or digits; bytes beyond the text are not.
  @inline(__always)
  private mutating func letterBits(_ text: UnsafeBufferPointer<UInt8>, from block: Int) -> UInt64 {
    var bits: UInt64 = 0
    if block &+ 64 <= text.count {
      let bytes = UnsafeRawBufferPointer(text)
      var union: UInt64 = 0
      for step in 0..<8 {
        let eight = bytes.loadUnaligned(fromByteOffset: block &+ 8 &* step, as: UInt64.self).littleEndian
        union |= eight
        bits |= Self.letterBits(eight) &<< UInt64(8 &* step)
      }
      if union & 0x8080_8080_8080_8080 != 0 { noticeSpecialLetters(text, block..<block + 64) }
    } else {
      for index in block..<text.count { bits |= (Self.letterBits(UInt64(text[index])) & 1) &<< UInt64(index - block) }
      noticeSpecialLetters(text, block..<text.count)
    }
    return bits
  }

  @inline(never)
  private mutating func noticeSpecialLetters(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    for index in range where text[index] >= 0xC4 && SpecialLetters.letter(text, at: index) != nil {
      hasSpecialLetter = true
    }
  }

  /// Which of eight bytes are ASCII letters or digits, as the lowest eight bits.
  @inline(__always)
  private static func letterBits(_ bytes: UInt64) -> UInt64 {
    // With the top bits off no addition carries into the next byte; a byte in lo...hi gets its top bit from
    // byte + (0x80 - lo) but not from byte + (0x7F - hi).
    let low = bytes & 0x7F7F_7F7F_7F7F_7F7F
    let folded = low | 0x2020_2020_2020_2020
    let isLetter = (folded &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(folded &+ 0x0505_0505_0505_0505)
    let isDigit = (low &+ 0x5050_5050_5050_5050) & ~(low &+ 0x4646_4646_4646_4646)
    let marks = (isLetter | isDigit) & ~bytes & 0x8080_8080_8080_8080
    // Gathers the eight top bits into the highest byte of the product.
    return (marks >> 7 &* 0x0102_0408_1020_4080) >> 56
  }

  /// Setting the bit 0x20 makes letters lower-case and leaves digits as they are.
  private static let lowerCaseBits: UInt64 = 0x2020_2020_2020_2020

  /// The key of a word, in lower case.
  @inline(__always)
  func key(of word: Int, in text: UnsafeBufferPointer<UInt8>) -> WordKey {
    let start = Int(starts[word])
    let count = Int(ends[word]) &- start
    var key = WordKey()
    guard start &+ 16 <= text.count else {
      for index in start..<start &+ count { key.append(text[index] | 0x20) }
      return key
    }
    let bytes = UnsafeRawBufferPointer(text)
    let low = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self).littleEndian
    let high = bytes.loadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self).littleEndian
    // Shifts of 64 and more leave nothing.
    key.low = (low | Self.lowerCaseBits) & (~0 &>> UInt64(truncatingIfNeeded: 64 &- 8 &* min(count, 8)))
    key.high = (high | Self.lowerCaseBits) & (~0 >> UInt64(truncatingIfNeeded: 128 &- 8 &* min(max(count, 8), 16)))
    key.count = count
    return key
  }

  /// The bytes of a word, in lower case.
  func appendBytes(of word: Int, in text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    for byte in text[Int(starts[word])..<Int(ends[word])] { bytes.append(byte | 0x20) }
  }
}

/// U+212A KELVIN SIGN, which lower-cases to `k`, and U+0130 `İ`, which lower-cases to `i` and a combining dot.
enum SpecialLetters {
  /// The text with both replaced by the ASCII letter and what separates it from the next.
  static func replaced(in text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if let (letters, length) = letter(text, at: index) {
        bytes += letters
        index += length
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return bytes
  }

  /// What stands for a special letter at a byte, and the bytes that it takes; `nil` if there is none.
  static func letter(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (bytes: [UInt8], length: Int)? {
    if text[index] == 0xE2, index + 2 < text.count, text[index + 1] == 0x84, text[index + 2] == 0xAA {
      return ([UInt8(ascii: "k")], 3)
    }
    if text[index] == 0xC4, index + 1 < text.count, text[index + 1] == 0xB0 { return ([UInt8(ascii: "i"), 0xCC], 2) }
    return nil
  }
}
