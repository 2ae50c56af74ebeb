/// A reference and a prediction as token numbers, ready for every ROUGE variant.
///
/// The reference's distinct tokens are numbered 0, 1, 2, ... in order of appearance; a token of the prediction that the
/// reference lacks is -1, for it can never match.
struct TokenizedPair: ~Copyable {
  private(set) var reference = TokenizedText()
  private(set) var prediction = TokenizedText()
  private var scanner = WordScanner()
  private var table: TokenTable

  init(stemmer: PorterStemmer?) { table = TokenTable(stemmer: stemmer) }

  /// How many different tokens the reference has.
  var distinctCount: Int { table.distinctCount }

  mutating func read(
    reference: UnsafeBufferPointer<UInt8>, prediction: UnsafeBufferPointer<UInt8>, sentences: SentenceSplitter
  ) {
    table.startRound()
    let reference = self.reference.findWords(in: reference, sentences, &scanner)
    table.number(reference: reference, scanner, into: self.reference.tokens)
    let prediction = self.prediction.findWords(in: prediction, sentences, &scanner)
    table.number(prediction: prediction, scanner, into: self.prediction.tokens)
  }
}

/// The tokens of a text and where its sentences end. Sentences without tokens are left out: they cannot matter.
struct TokenizedText: ~Copyable {
  var tokens = ScratchBuffer<Int32>()
  private var sentenceEnds = ScratchBuffer<Int>()
  /// The text with special letters replaced, if it has any.
  private var replacement = ScratchBuffer<UInt8>(capacity: 1)

  var sentenceCount: Int { sentenceEnds.count }

  func sentence(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : sentenceEnds[index - 1])..<sentenceEnds[index]
  }

  /// Leaves the words of a text in the scanner, notes the sentences that they form and makes room for their tokens.
  ///
  /// Returns the bytes in which the words stand.
  mutating func findWords(
    in text: UnsafeBufferPointer<UInt8>, _ sentences: SentenceSplitter, _ scanner: inout WordScanner
  ) -> UnsafeBufferPointer<UInt8> {
    sentenceEnds.removeAll()
    scanner.scan(text)
    let isReplaced = scanner.hasSpecialLetter
    if isReplaced {
      replaceSpecialLetters(in: text, sentences, &scanner)
    } else {
      sentences.forEachEnd(in: text) { endSentence(before: $0, scanner) }
    }
    tokens.resize(to: scanner.count)
    return isReplaced ? replacement.elements : text
  }

  /// The ends of sentences are known in the original text, so the sentences are replaced one by one.
  private mutating func replaceSpecialLetters(
    in text: UnsafeBufferPointer<UInt8>, _ sentences: SentenceSplitter, _ scanner: inout WordScanner
  ) {
    var ends: [Int] = []
    var start = 0
    replacement.removeAll()
    sentences.forEachEnd(in: text) { end in
      for byte in SpecialLetters.replaced(in: UnsafeBufferPointer(rebasing: text[start..<end])) {
        replacement.append(byte)
      }
      ends.append(replacement.count)
      start = end
    }
    scanner.scan(replacement.elements)
    for end in ends { endSentence(before: end, scanner) }
  }

  /// Ends a sentence at a position in the text. No word straddles it.
  private mutating func endSentence(before end: Int, _ scanner: borrowing WordScanner) {
    let first = sentenceCount == 0 ? 0 : sentenceEnds[sentenceCount - 1]
    var word = first
    while word < scanner.count, scanner.starts[word] < end { word += 1 }
    if word > first { sentenceEnds.append(word) }
  }
}
