/// Which characters Punkt takes for ends of sentences, punctuation and spaces.
///
/// Source: `PunktLanguageVars` of nltk 3.9.1 and 3.10.4, `tokenize/punkt.py`.
struct PunktCharacters: Sendable {
  let version: Punkt.Version

  static func endsSentence(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!")
  }

  /// `\s`. The `regex` module, which NLTK uses since 3.10.4, does not count U+001C to U+001F.
  @inline(__always)
  func spaceLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    if version == .nltk3_10_4, (0x1C...0x1F).contains(text[index]) { return 0 }
    return text.spaceLength(at: index)
  }

  /// A character that cannot stand within a word, and its length; otherwise 0.
  @inline(__always)
  func nonWordLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch text[index] {
    case UInt8(ascii: ")"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "}"), UInt8(ascii: "]"),
      UInt8(ascii: "*"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "'"), UInt8(ascii: "("),
      UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "?"), UInt8(ascii: "!"):
      return 1
    case 0x80...: return quoteLength(text, at: index)
    default: return 0
    }
  }

  /// A character that closes what the sentence before it opened, and its length; otherwise 0.
  func closerLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch text[index] {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return 1
    case 0x80...: return quoteLength(text, at: index)
    default: return 0
    }
  }

  /// Curly quotes and guillemets, which nltk has treated like the ASCII quotes since 3.10.2.
  private func quoteLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    guard version == .nltk3_10_4 else { return 0 }
    let (scalar, length) = text.scalar(at: index)
    switch scalar {
    case "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{AB}", "\u{BB}": return length
    default: return 0
    }
  }

  /// A character that cannot begin a word.
  static func cannotStartWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "["),
      UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "#"), UInt8(ascii: "*"),
      UInt8(ascii: "@"), UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "-"), UInt8(ascii: ","):
      return true
    default: return false
    }
  }

  /// The length of punctuation of several characters at a byte (dashes, ellipses, spaced ellipses), or 0.
  ///
  /// `-{2,}|\.{2,}|(?:\.\s){2,}\.`
  func ellipsisOrDashLength(_ text: UnsafeBufferPointer<UInt8>, at start: Int, end: Int) -> Int {
    let mark = text[start]
    guard mark == UInt8(ascii: ".") || mark == UInt8(ascii: "-") else { return 0 }
    var index = start
    while index < end, text[index] == mark { index += 1 }
    if index - start >= 2 { return index - start }
    return mark == UInt8(ascii: ".") ? spacedEllipsisLength(text, at: start, end: end) : 0
  }

  private func spacedEllipsisLength(_ text: UnsafeBufferPointer<UInt8>, at start: Int, end: Int) -> Int {
    var index = start
    var pairs = 0
    var lastPair = start
    while index + 1 < end, text[index] == UInt8(ascii: ".") {
      let space = spaceLength(text, at: index + 1)
      if space == 0 || index + 1 + space > end { break }
      lastPair = index
      index += 1 + space
      pairs += 1
    }
    if pairs >= 2, index < end, text[index] == UInt8(ascii: ".") { return index + 1 - start }
    // The last pair gives back its space: its period ends the ellipsis.
    return pairs >= 3 ? lastPair + 1 - start : 0
  }
}
