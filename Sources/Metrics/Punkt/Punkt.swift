/// NLTK's sentence splitter for English (`nltk.sent_tokenize`), to the byte.
///
/// Immutable, so one instance serves all threads. Offsets are UTF-8 bytes. Time is linear in the text.
/// Source: nltk 3.9.1 `tokenize/punkt.py`; identical results in 3.8.1 (which MLPerf pins) to 3.10.1.
package final class Punkt: Sendable {
  package enum Version: String, Sendable, CaseIterable {
    /// nltk 3.8.1 to 3.10.1.
    case classic
    /// Curly quotes and guillemets close sentences, and U+001C to U+001F are no spaces.
    case nltk3_10_4 = "nltk-3.10.4"
  }

  private let parameters: PunktParameters
  private let characters: PunktCharacters

  package var version: Version { characters.version }

  /// What signatures add for versions other than the classic one.
  var versionSuffix: String { version == .classic ? "" : "-" + version.rawValue }

  package init(parameters: PunktParameters, version: Version = .classic) {
    self.parameters = parameters
    characters = PunktCharacters(version: version)
  }

  /// The sentences of a text, without the white space between them.
  package func sentences(in text: String) -> [String] {
    var text = text
    return text.withUTF8 { bytes in sentenceRanges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) } }
  }

  /// The words of one line, as the splitter sees them.
  package func words(in line: String) -> [String] {
    var line = line
    return line.withUTF8 { bytes in
      var tokens = PunktTokens(text: bytes, line: 0..<bytes.count, characters: characters)
      var words: [String] = []
      while let range = tokens.next() { words.append(String(decoding: bytes[range], as: UTF8.self)) }
      return words
    }
  }

  /// Where the sentences stand. Leading white space of the text belongs to the first one.
  package func sentenceRanges(in text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    realigned(slices(of: text), text)
  }
}

// From candidates over contexts to slices.
extension Punkt {
  /// A mark that may end a sentence, and the text by which to judge it: its word and what follows.
  private struct Candidate {
    var position: Int
    var wordStart: Int
    /// The end of the punctuation or of the word after the mark.
    var contextEnd: Int
    /// Where the next word starts, if white space follows.
    var nextWord: Int?
  }

  private func candidate(at position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Candidate? {
    var index = position + 1
    if index >= text.count { return nil }
    let nonWord = characters.nonWordLength(text, at: index)
    if nonWord > 0 {
      return Candidate(position: position, wordStart: position, contextEnd: index + nonWord, nextWord: nil)
    }
    while index < text.count {
      let space = characters.spaceLength(text, at: index)
      if space == 0 { break }
      index += space
    }
    guard index > position + 1, index < text.count else { return nil }
    let nextWord = index
    while index < text.count, characters.spaceLength(text, at: index) == 0 { index += text.scalar(at: index).length }
    return Candidate(position: position, wordStart: position, contextEnd: index, nextWord: nextWord)
  }

  private func slices(of text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    var classifier = PunktClassifier(text: text, parameters: parameters, characters: characters)
    var slices: [Range<Int>] = []
    var start = 0
    var previous: Candidate?
    func judge(_ candidate: Candidate) {
      guard classifier.containsBreak(candidate.wordStart..<candidate.contextEnd) else { return }
      slices.append(start..<candidate.position + 1)
      start = candidate.nextWord ?? candidate.position + 1
    }
    for position in text.indices where PunktCharacters.endsSentence(text[position]) {
      guard var candidate = candidate(at: position, text) else { continue }
      candidate.wordStart = wordStart(before: position, previous, text)
      // Of several marks on one word, as in "What?!", only the last is judged.
      if let previous, previous.position <= candidate.wordStart { judge(previous) }
      previous = candidate
    }
    if let previous { judge(previous) }
    slices.append(start..<max(start, text.endWithoutSpace(from: start)))
    return slices
  }

  /// The start of the word that a mark stands on, looking back no further than the previous candidate.
  private func wordStart(before position: Int, _ previous: Candidate?, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    let limit = previous?.position ?? 0
    var index = position - 1
    while index > limit {
      switch text[index] {
      case 0x20, 0x09...0x0D: return index + 1
      default: index -= 1
      }
    }
    // A space right at the limit counts as none found (NLTK's index 0), and the previous word's start is taken.
    return previous?.wordStart ?? 0
  }

  /// Moves quotes and brackets that close a sentence from the beginning of the next slice to its end.
  private func realigned(_ slices: [Range<Int>], _ text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    var sentences: [Range<Int>] = []
    var shift = 0
    for (index, slice) in slices.enumerated() {
      let start = slice.lowerBound + shift
      shift = 0
      if index + 1 < slices.count, let closing = closing(slices[index + 1], text) {
        sentences.append(start..<closing.end)
        shift = closing.next - slices[index + 1].lowerBound
      } else if start < slice.upperBound {
        sentences.append(start..<slice.upperBound)
      }
    }
    return sentences
  }

  /// Closing marks at the start of a slice that white space, a dash or the slice's end follows: where they end, and where
  /// what follows begins.
  private func closing(_ slice: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> (end: Int, next: Int)? {
    var index = slice.lowerBound
    while index < slice.upperBound {
      let length = characters.closerLength(text, at: index)
      if length == 0 { return nil }
      index += length
      let end = index
      while index < slice.upperBound {
        let space = characters.spaceLength(text, at: index)
        if space == 0 { break }
        index += space
      }
      let isDash =
        index + 1 < slice.upperBound && text[index] == UInt8(ascii: "-") && text[index + 1] == UInt8(ascii: "-")
      if index > end || index == slice.upperBound || isDash { return (end, index) }
    }
    return nil
  }
}
