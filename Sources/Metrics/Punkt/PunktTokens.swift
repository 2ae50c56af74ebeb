/// A word or punctuation mark in a stretch of text, with what Punkt has found out about it.
struct PunktToken {
  struct Marks: OptionSet {
    var rawValue: UInt8
    static let sentenceBreak = Marks(rawValue: 1)
    static let abbreviation = Marks(rawValue: 2)
    static let ellipsis = Marks(rawValue: 4)
    static let endsInPeriod = Marks(rawValue: 8)
  }

  var range: Range<Int>
  var marks: Marks = []
}

/// Cuts a line into Punkt's words. Periods stay with their words; a comma stays inside a number but not at a word's end.
///
/// Source: `PunktLanguageVars._word_tokenize_fmt`, nltk 3.9.1.
struct PunktTokens {
  let text: UnsafeBufferPointer<UInt8>
  let characters: PunktCharacters
  private var position: Int
  private let end: Int

  init(text: UnsafeBufferPointer<UInt8>, line: Range<Int>, characters: PunktCharacters) {
    self.text = text
    self.characters = characters
    position = line.lowerBound
    end = line.upperBound
  }

  mutating func next() -> Range<Int>? {
    while position < end {
      let space = characters.spaceLength(text, at: position)
      if space == 0 { break }
      position += space
    }
    if position >= end { return nil }
    let start = position
    let mark = characters.ellipsisOrDashLength(text, at: start, end: end)
    if mark > 0 {
      position += mark
    } else {
      position += text.scalar(at: start).length
      if !PunktCharacters.cannotStartWord(text[start]) {
        while !wordEnds(at: position) { position += text.scalar(at: position).length }
      }
    }
    return start..<position
  }

  private func wordEnds(at index: Int) -> Bool {
    if endsWord(at: index) { return true }
    return text[index] == UInt8(ascii: ",") && endsWord(at: index + 1)
  }

  @inline(__always)
  private func endsWord(at index: Int) -> Bool {
    index >= end || characters.spaceLength(text, at: index) > 0 || characters.nonWordLength(text, at: index) > 0
      || characters.ellipsisOrDashLength(text, at: index, end: end) > 0
  }
}
