/// Numbers the tokens of all texts seen so far: two words get the same number exactly when ROUGE holds them equal.
///
/// Each distinct word is stemmed once; afterwards a word costs one probe of a hash table.
struct TokenTable: ~Copyable {
  /// How many distinct words are kept before the table starts afresh, so that a long stream runs in constant memory.
  static let wordLimit = 1 << 18

  private let stemmer: PorterStemmer?
  private var words = KeyTable()
  private var stems = KeyTable()
  private(set) var tokenCount = 0

  init(stemmer: PorterStemmer?) { self.stemmer = stemmer }

  var isFull: Bool { words.count >= Self.wordLimit }

  mutating func removeAll() {
    words = KeyTable()
    stems = KeyTable()
    tokenCount = 0
  }

  /// The token of the word that the scanner has just read.
  @inline(__always)
  mutating func token(of word: WordKey, from scanner: borrowing WordScanner) -> Int {
    let key = word.isInline ? StoredKey(word) : StoredKey(scanner.overflow.elements)
    if let known = words.value(of: key, overflow: scanner.overflow.elements) { return known }
    return insert(word, key, from: scanner)
  }

  @inline(never)
  private mutating func insert(_ word: WordKey, _ key: StoredKey, from scanner: borrowing WordScanner) -> Int {
    var token = tokenCount
    if let stemmer {
      var stem = scanner.bytes(of: word)
      // Words of up to three letters are left alone (rouge-score 0.1.2, `tokenize.py`).
      if word.count > 3 { stemmer.stem(&stem) }
      token = stem.withUnsafeBufferPointer { stem in
        let stemKey = StoredKey(stem)
        if let known = stems.value(of: stemKey, overflow: stem) { return known }
        stems.insert(stemKey, overflow: stem, value: tokenCount)
        return tokenCount
      }
    }
    words.insert(key, overflow: scanner.overflow.elements, value: token)
    tokenCount = max(tokenCount, token + 1)
    return token
  }
}

/// A word as the table stores it: up to 16 bytes themselves, or a hash and the length of a longer one.
struct StoredKey: BitwiseCopyable {
  var low: UInt64
  var high: UInt64

  /// No word has a byte above 0x7F, so this bit tells a long word from a short one.
  static let longMark: UInt64 = 1 << 63

  var isLong: Bool { low & Self.longMark != 0 }

  @inline(__always)
  init(_ word: WordKey) {
    low = word.low
    high = word.high
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var word = WordKey()
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
    for byte in bytes {
      word.append(byte)
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    low = word.isInline ? word.low : hash | Self.longMark
    high = word.isInline ? word.high : UInt64(bytes.count)
  }

  @inline(__always)
  var hash: UInt64 {
    let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ (mixed >> 32)
  }
}

/// An open-addressing hash table from words to numbers.
struct KeyTable: ~Copyable {
  struct Slot: BitwiseCopyable {
    var key: StoredKey
    var value: Int32
    /// Where the bytes of a long word stand in `longWords`.
    var offset: Int32

    static let empty = Slot(key: StoredKey(WordKey()), value: -1, offset: 0)
  }

  private var slots = ScratchBuffer<Slot>(capacity: 1024)
  private var longWords = ScratchBuffer<UInt8>(capacity: 16)
  private(set) var count = 0

  init() { slots.fill(.empty, count: 1024) }

  @inline(__always)
  func value(of key: StoredKey, overflow: UnsafeBufferPointer<UInt8>) -> Int? {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: key.hash) & mask
    while true {
      let slot = slots[index]
      if slot.value < 0 { return nil }
      if slot.key.low == key.low, slot.key.high == key.high, !key.isLong || matches(slot, overflow) {
        return Int(slot.value)
      }
      index = (index + 1) & mask
    }
  }

  @inline(never)
  private func matches(_ slot: Slot, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    UnsafeBufferPointer(rebasing: longWords.elements[Int(slot.offset)..<Int(slot.offset) + word.count])
      .elementsEqual(word)
  }

  mutating func insert(_ key: StoredKey, overflow: UnsafeBufferPointer<UInt8>, value: Int) {
    if 2 * (count + 1) > slots.count { grow() }
    let offset = longWords.count
    if key.isLong { for byte in overflow { longWords.append(byte) } }
    place(Slot(key: key, value: Int32(value), offset: Int32(offset)))
    count += 1
  }

  private func place(_ slot: Slot) {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: slot.key.hash) & mask
    while slots[index].value >= 0 { index = (index + 1) & mask }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = Array(slots.elements)
    slots.fill(.empty, count: 2 * old.count)
    for slot in old where slot.value >= 0 { place(slot) }
  }
}
