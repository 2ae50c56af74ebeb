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

  /// Cuts UTF-8 text into consecutive pieces that together are the whole text, and hands over each in turn.
  @inline(__always)
  func forEachPiece(of text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    switch self {
    case .newline: Self.forEachLine(of: text, body)
    case .punkt(let punkt): Self.forEachSentence(of: text, punkt, body)
    case .punktLines(let punkt):
      // Stripped white space has no tokens, but it is part of what Punkt looks at.
      let start = text.startWithoutSpace()
      let stripped = UnsafeBufferPointer(rebasing: text[start..<text.endWithoutSpace(from: start)])
      Self.forEachSentence(of: stripped, punkt) { Self.forEachLine(of: $0, body) }
    }
  }

  @inline(__always)
  private static func forEachLine(
    of text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var start = 0
    for index in text.indices where text[index] == UInt8(ascii: "\n") {
      body(UnsafeBufferPointer(rebasing: text[start...index]))
      start = index + 1
    }
    if start < text.count { body(UnsafeBufferPointer(rebasing: text[start...])) }
  }

  @inline(__always)
  private static func forEachSentence(
    of text: UnsafeBufferPointer<UInt8>, _ punkt: Punkt, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var start = 0
    for sentence in punkt.sentenceRanges(in: text) {
      body(UnsafeBufferPointer(rebasing: text[start..<sentence.upperBound]))
      start = sentence.upperBound
    }
    if start < text.count { body(UnsafeBufferPointer(rebasing: text[start...])) }
  }
}
