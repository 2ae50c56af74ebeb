/// A word as two integers: the first 16 bytes, zero-padded, so that most words compare without touching memory.
struct WordKey: Hashable, BitwiseCopyable {
  var low: UInt64 = 0
  var high: UInt64 = 0
  var count = 0

  /// Whether `low` and `high` hold the whole word.
  var isInline: Bool { count <= 16 }

  init() {}

  init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { append(byte) }
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count < 8 {
      low |= UInt64(byte) &<< UInt64(8 * count)
    } else if count < 16 {
      high |= UInt64(byte) &<< UInt64(8 * (count - 8))
    }
    count += 1
  }

  /// The bytes of an inline word.
  var bytes: [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 < 8 ? low : high) >> (8 * ($0 % 8))) }
  }
}
