/// Where a text is cut into sentences, for the metrics that look at sentences (ROUGE-Lsum).
package enum SentenceSplitter: Sendable {
  /// At every line feed, as rouge-score does by default. Carriage returns and U+2028 do not cut.
  case newline

  /// The value of the `sent` field in a signature.
  package var name: String {
    switch self {
    case .newline: "newline"
    }
  }

  /// Cuts UTF-8 text into consecutive pieces that together are the whole text, and hands over each in turn.
  @inline(__always)
  func forEachPiece(of text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    switch self {
    case .newline:
      var start = 0
      for index in text.indices where text[index] == UInt8(ascii: "\n") {
        body(UnsafeBufferPointer(rebasing: text[start...index]))
        start = index + 1
      }
      if start < text.count { body(UnsafeBufferPointer(rebasing: text[start...])) }
    }
  }
}
