/// A hash table from words to small numbers, built for text: a probe touches four bytes of an index and one entry, and the
/// entries of words met early, which are the frequent ones, lie close together.
struct WordTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: StoredKey
    var value: Int32
    /// Where the bytes of a long word stand in `longWords`.
    var offset: Int32
    /// For the user: a number, and when it was given.
    var round: UInt32 = 0
    var number: Int32 = 0
  }

  /// The number of an entry plus 1, or 0. A power of two in size, at most half full.
  private var index = ScratchBuffer<UInt32>(capacity: 1024)
  private var entries = ScratchBuffer<Entry>(capacity: 512)
  private var longWords = ScratchBuffer<UInt8>(capacity: 16)

  init() { index.fill(0, count: 1024) }

  var count: Int { entries.count }

  /// The entry in the first place where a word may be, or -1: a guess that costs no look at the entry.
  @inline(__always)
  func firstProbe(of key: StoredKey) -> Int32 {
    Int32(truncatingIfNeeded: index[Int(truncatingIfNeeded: key.hash) & (index.count &- 1)]) &- 1
  }

  /// The value of a word of up to 16 bytes.
  @inline(__always)
  func value(ofShort key: StoredKey) -> Int32? {
    let mask = index.count &- 1
    var place = Int(truncatingIfNeeded: key.hash) & mask
    while true {
      let number = Int(index[place])
      if number == 0 { return nil }
      let entry = entries.base + (number &- 1)
      if entry.pointee.key.low == key.low, entry.pointee.key.high == key.high { return entry.pointee.value }
      place = (place &+ 1) & mask
    }
  }

  /// The value of any word.
  func value(of key: StoredKey, word: UnsafeBufferPointer<UInt8>) -> Int32? {
    if !key.isLong { return value(ofShort: key) }
    let mask = index.count - 1
    var place = Int(truncatingIfNeeded: key.hash) & mask
    while index[place] != 0 {
      let entry = entries[Int(index[place]) - 1]
      if entry.key.low == key.low, entry.key.high == key.high, matches(entry, word) { return entry.value }
      place = (place + 1) & mask
    }
    return nil
  }

  private func matches(_ entry: Entry, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(entry.offset)
    return UnsafeBufferPointer(rebasing: longWords.elements[start..<start + word.count]).elementsEqual(word)
  }

  /// Adds a word that is not there yet.
  mutating func insert(_ key: StoredKey, word: UnsafeBufferPointer<UInt8>, value: Int) {
    if 2 * (entries.count + 1) > index.count { grow() }
    let offset = longWords.count
    if key.isLong { for byte in word { longWords.append(byte) } }
    entries.append(Entry(key: key, value: Int32(value), offset: Int32(offset)))
    place(entries.count - 1)
  }

  /// An entry, by the order of insertion. Valid until the next insertion.
  @inline(__always)
  func entry(_ index: Int) -> UnsafeMutablePointer<Entry> {
    assert(index >= 0 && index < entries.count)
    return entries.base + index
  }

  private func place(_ entry: Int) {
    let mask = index.count - 1
    var place = Int(truncatingIfNeeded: entries[entry].key.hash) & mask
    while index[place] != 0 { place = (place + 1) & mask }
    index[place] = UInt32(entry + 1)
  }

  private mutating func grow() {
    index.fill(0, count: 4 * index.count)
    for entry in 0..<entries.count { place(entry) }
  }
}

/// A word as the table stores it: up to 16 bytes themselves, or a hash and the length of a longer one.
struct StoredKey: BitwiseCopyable, Equatable {
  var low: UInt64
  var high: UInt64

  /// Tells a long word from a short one: no byte of UTF-8 is 0xFF.
  private static let longMark: UInt64 = 0xFF << 56

  var isLong: Bool { high >= Self.longMark }

  @inline(__always)
  init(_ word: WordKey) {
    low = word.low
    high = word.high
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var word = WordKey()
    for byte in bytes { word.append(byte) }
    if word.isInline {
      low = word.low
      high = word.high
    } else {
      // FNV-1a
      low = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      high = Self.longMark | UInt64(bytes.count)
    }
  }

  /// A pair of numbers in place of a word: no byte of UTF-8 is 0xFE either.
  @inline(__always)
  init(pair first: Int32, _ second: Int32) {
    low = UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    high = 0xFE << 56
  }

  @inline(__always)
  var hash: UInt64 {
    let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ (mixed >> 32)
  }
}
