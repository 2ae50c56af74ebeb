/// ROUGE's words, one after the other: lower-case the text, then take the maximal runs of `[a-z0-9]`.
///
/// Everything else separates words and vanishes: punctuation, accents, other scripts. Lower-casing is Python's, under which
/// just two characters outside ASCII turn into something with an ASCII letter: U+212A KELVIN SIGN into `k`, U+0130 `İ` into
/// `i` and a combining dot. Source: rouge-score 0.1.2, `tokenize.py`.
struct WordScanner: ~Copyable {
  private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private var position = 0

  /// The bytes of the last word, if it was longer than its key.
  private(set) var overflow = ScratchBuffer<UInt8>(capacity: 64)

  mutating func start(_ text: UnsafeBufferPointer<UInt8>) {
    self.text = text
    position = 0
  }

  @inline(__always)
  mutating func next() -> WordKey? {
    var key = WordKey()
    var index = position
    let end = text.count
    while index < end {
      let byte = text[index]
      let letter = Self.letter(byte)
      if letter != 0 {
        append(letter, to: &key)
        index += 1
        continue
      }
      let special = byte < 0x80 ? (letter: 0, length: 1) : Self.nonASCIILetter(text, at: index)
      index += special.length
      if special.letter != 0 { append(special.letter, to: &key) }
      if special.letter == UInt8(ascii: "k") { continue }
      if key.count > 0 { break }
    }
    position = index
    return key.count > 0 ? key : nil
  }

  @inline(__always)
  private mutating func append(_ letter: UInt8, to key: inout WordKey) {
    if key.count >= 16 {
      if key.count == 16 { spill(key) }
      overflow.append(letter)
    }
    key.append(letter)
  }

  private mutating func spill(_ key: WordKey) {
    overflow.removeAll()
    for shift in 0..<8 { overflow.append(UInt8(truncatingIfNeeded: key.low >> (8 * shift))) }
    for shift in 0..<8 { overflow.append(UInt8(truncatingIfNeeded: key.high >> (8 * shift))) }
  }

  /// The bytes of the word that `next` has just returned.
  func bytes(of key: WordKey) -> [UInt8] {
    key.isInline ? key.bytes : Array(overflow.elements)
  }

  /// The lower-case letter or digit that an ASCII byte stands for, or 0.
  @inline(__always)
  private static func letter(_ byte: UInt8) -> UInt8 {
    if byte &- UInt8(ascii: "0") < 10 { return byte }
    let lower = byte | 0x20
    return lower &- UInt8(ascii: "a") < 26 && byte < 0x80 ? lower : 0
  }

  /// The ASCII letter in the lower-case form of a character outside ASCII (or 0), and the bytes to move on.
  private static func nonASCIILetter(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (letter: UInt8, length: Int)
  {
    if text[index] == 0xE2, index + 2 < text.count, text[index + 1] == 0x84, text[index + 2] == 0xAA {
      return (UInt8(ascii: "k"), 3)
    }
    if text[index] == 0xC4, index + 1 < text.count, text[index + 1] == 0xB0 { return (UInt8(ascii: "i"), 2) }
    return (0, 1)
  }
}
