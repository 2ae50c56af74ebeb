internal import Foundation

/// Where a text is cut into sentences, for the metrics that look at sentences (ROUGE-Lsum).
package enum SentenceSplitter: Sendable {
  /// At every line feed, as rouge-score does by default. Carriage returns and U+2028 do not cut.
  case newline
  /// Where NLTK's sentence splitter cuts, as rouge-score does with `split_summaries=True`. Line feeds do not cut.
  case punkt(Punkt)
  /// At both, as MLPerf's accuracy scripts do: strip the text, put a line feed between NLTK's sentences, cut at line feeds.
  case punktLines(Punkt)

  /// The value of the `sent` field in a signature.
  package var name: String {
    switch self {
    case .newline: "newline"
    case .punkt(let punkt): "punkt" + punkt.versionSuffix
    case .punktLines(let punkt): "punkt+newline" + punkt.versionSuffix
    }
  }

  /// Calls `body` with the end of each sentence, in order. What follows the last one has no words.
  @inline(__always)
  func forEachEnd(in text: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void) {
    switch self {
    case .newline: Self.forEachLineEnd(in: text, from: 0, to: text.count, body)
    case .punkt(let punkt):
      for sentence in punkt.sentenceRanges(in: text) { body(sentence.upperBound) }
    case .punktLines(let punkt):
      // The white space that MLPerf strips is part of what Punkt would look at.
      let start = text.startWithoutSpace()
      let stripped = UnsafeBufferPointer(rebasing: text[start..<text.endWithoutSpace(from: start)])
      var sentenceStart = start
      for sentence in punkt.sentenceRanges(in: stripped) {
        Self.forEachLineEnd(in: text, from: sentenceStart, to: start + sentence.upperBound, body)
        sentenceStart = start + sentence.upperBound
      }
    }
  }

  @inline(__always)
  private static func forEachLineEnd(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ body: (Int) -> Void
  ) {
    var start = start
    while start < end {
      let rest = UnsafeRawPointer(text.baseAddress! + start)
      guard let lineFeed = memchr(rest, 0x0A, end - start) else { break }
      start += UnsafeRawPointer(lineFeed) - rest + 1
      body(start)
    }
    if start < end { body(end) }
  }
}
