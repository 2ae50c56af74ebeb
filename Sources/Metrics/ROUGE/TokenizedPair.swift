/// A reference and a prediction as token numbers, ready for every ROUGE variant.
///
/// The reference's distinct tokens are numbered 0, 1, 2, ... in order of appearance; a token of the prediction that the
/// reference lacks is -1, for it can never match.
struct TokenizedPair: ~Copyable {
  private(set) var reference = TokenizedText()
  private(set) var prediction = TokenizedText()
  /// How many different tokens the reference has.
  private(set) var distinctCount = 0

  private var scanner = WordScanner()
  private var table: TokenTable
  /// For each token of the table: the round in which the reference last had it, and its number in that round.
  private var numbers = ScratchBuffer<(round: UInt32, number: Int32)>()
  private var round: UInt32 = 0

  init(stemmer: PorterStemmer?) { table = TokenTable(stemmer: stemmer) }

  mutating func read(
    reference: UnsafeBufferPointer<UInt8>, prediction: UnsafeBufferPointer<UInt8>, sentences: SentenceSplitter
  ) {
    startRound()
    self.reference.removeAll()
    self.prediction.removeAll()
    sentences.forEachPiece(of: reference) { readReference($0) }
    sentences.forEachPiece(of: prediction) { readPrediction($0) }
  }

  private mutating func startRound() {
    if table.isFull || round == .max {
      table.removeAll()
      numbers.removeAll()
      round = 0
    }
    round += 1
    distinctCount = 0
  }

  private mutating func readReference(_ piece: UnsafeBufferPointer<UInt8>) {
    scanner.start(piece)
    while let word = scanner.next() {
      let token = table.token(of: word, from: scanner)
      while token >= numbers.count { numbers.append((round: 0, number: 0)) }
      if numbers[token].round != round {
        numbers[token] = (round: round, number: Int32(distinctCount))
        distinctCount += 1
      }
      reference.tokens.append(numbers[token].number)
    }
    reference.endSentence()
  }

  private mutating func readPrediction(_ piece: UnsafeBufferPointer<UInt8>) {
    scanner.start(piece)
    while let word = scanner.next() {
      let token = table.token(of: word, from: scanner)
      let isShared = token < numbers.count && numbers[token].round == round
      prediction.tokens.append(isShared ? numbers[token].number : -1)
    }
    prediction.endSentence()
  }
}

/// The tokens of a text and where its sentences end. Sentences without tokens are left out: they cannot matter.
struct TokenizedText: ~Copyable {
  var tokens = ScratchBuffer<Int32>()
  private(set) var sentenceEnds = ScratchBuffer<Int>()

  var sentenceCount: Int { sentenceEnds.count }

  func sentence(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : sentenceEnds[index - 1])..<sentenceEnds[index]
  }

  mutating func endSentence() {
    let start = sentenceCount == 0 ? 0 : sentenceEnds[sentenceCount - 1]
    if tokens.count > start { sentenceEnds.append(tokens.count) }
  }

  mutating func removeAll() {
    tokens.removeAll()
    sentenceEnds.removeAll()
  }
}
