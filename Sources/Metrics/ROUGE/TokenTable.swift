/// Numbers the words of a reference and a prediction, so that two words get the same number exactly when ROUGE holds them
/// equal.
///
/// Each distinct word of all texts is stemmed once; afterwards a word costs one probe of a hash table. Words with the same
/// stem share the table's entry of the first of them, their token.
struct TokenTable: ~Copyable {
  /// How many distinct words are kept before the table starts afresh, so that a long stream runs in constant memory.
  static let wordLimit = 1 << 18

  private let stemmer: PorterStemmer?
  private var words = WordTable()
  private var stems = WordTable()
  private var stem: [UInt8] = []
  private var round: UInt32 = 0
  /// For each word of a text: its key, and the entry that the index has in its place, or -1.
  private var keys = ScratchBuffer<StoredKey>()
  private var probes = ScratchBuffer<Int32>()

  /// How many different tokens the reference of this round has had so far; they are numbered from 0.
  private(set) var distinctCount = 0

  init(stemmer: PorterStemmer?) { self.stemmer = stemmer }

  /// Begins another reference.
  mutating func startRound() {
    if words.count >= Self.wordLimit || round == .max {
      words = WordTable()
      stems = WordTable()
      round = 0
    }
    round += 1
    distinctCount = 0
  }

  /// The numbers of all words of the reference; a token that is new gets a new one.
  mutating func number(
    reference text: UnsafeBufferPointer<UInt8>, _ scanner: borrowing WordScanner,
    into numbers: borrowing ScratchBuffer<Int32>
  ) {
    probe(text, scanner)
    for word in 0..<scanner.count {
      let entry = words.entry(token(of: word, scanner, text))
      let isNew = Int32(inequalityOf: entry.pointee.round, round)
      let number = entry.pointee.number &+ (Int32(truncatingIfNeeded: distinctCount) &- entry.pointee.number) &* isNew
      entry.pointee.number = number
      entry.pointee.round = round
      distinctCount &+= Int(isNew)
      numbers[word] = number
    }
  }

  /// The numbers of all words of the prediction; -1 where the reference does not have the token.
  mutating func number(
    prediction text: UnsafeBufferPointer<UInt8>, _ scanner: borrowing WordScanner,
    into numbers: borrowing ScratchBuffer<Int32>
  ) {
    probe(text, scanner)
    for word in 0..<scanner.count {
      let entry = words.entry(token(of: word, scanner, text))
      numbers[word] = entry.pointee.number | (0 &- Int32(inequalityOf: entry.pointee.round, round))
    }
  }

  /// Looks all words up in the index at once, so that the processor can wait for many cache misses together.
  private mutating func probe(_ text: UnsafeBufferPointer<UInt8>, _ scanner: borrowing WordScanner) {
    keys.resize(to: scanner.count)
    probes.resize(to: scanner.count)
    for word in 0..<scanner.count {
      let key = scanner.key(of: word, in: text)
      keys[word] = StoredKey(key)
      probes[word] = key.isInline ? words.firstProbe(of: keys[word]) : -1
    }
  }

  /// The entry that stands for all words with the same stem.
  @inline(__always)
  private mutating func token(
    of word: Int, _ scanner: borrowing WordScanner, _ text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let probe = Int(probes[word])
    if probe >= 0 {
      let entry = words.entry(probe)
      if entry.pointee.key == keys[word] { return Int(entry.pointee.value) }
    }
    return slowToken(of: word, scanner, text)
  }

  /// The token of a long word, of one not seen before, or of one that shares its place in the index.
  @inline(never)
  private mutating func slowToken(
    of word: Int, _ scanner: borrowing WordScanner, _ text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let isShort = scanner.ends[word] - scanner.starts[word] <= 16
    if isShort, let known = words.value(ofShort: keys[word]) { return Int(known) }
    stem.removeAll(keepingCapacity: true)
    scanner.appendBytes(of: word, in: text, to: &stem)
    let key = stem.withUnsafeBufferPointer { StoredKey($0) }
    if !isShort, let known = stem.withUnsafeBufferPointer({ words.value(of: key, word: $0) }) { return Int(known) }
    let entry = words.count
    stem.withUnsafeBufferPointer { words.insert(key, word: $0, value: entry) }
    guard let stemmer else { return entry }
    // Words of up to three letters are left alone (rouge-score 0.1.2, `tokenize.py`).
    if stem.count > 3 { stemmer.stem(&stem) }
    let token = stem.withUnsafeBufferPointer { stem in
      let key = StoredKey(stem)
      if let known = stems.value(of: key, word: stem) { return Int(known) }
      stems.insert(key, word: stem, value: entry)
      return entry
    }
    words.entry(entry).pointee.value = Int32(token)
    return token
  }
}

extension Int32 {
  /// 1 if two rounds differ, otherwise 0. Whether a token is new is as good as random, so no branch may depend on it.
  @inline(__always)
  fileprivate init(inequalityOf round: UInt32, _ current: UInt32) {
    let difference = round ^ current
    self = Int32(truncatingIfNeeded: (difference | (0 &- difference)) &>> 31)
  }
}
