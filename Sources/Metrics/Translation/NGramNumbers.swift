/// Numbers the n-grams of several texts: equal n-grams get equal numbers, different ones different numbers.
///
/// An n-gram is the pair (number of its first n-1 words, number of its last word), so any order is exact.
struct NGramNumbers: ~Copyable {
  private var table = WordTable()

  /// Numbers run from 0 to here.
  var count: Int { table.count }

  /// The n-grams of a text in order of appearance, for n = 1...`order`.
  mutating func numbers(of segment: TokenizedSegment, upTo order: Int) -> [[Int32]] {
    let words = segment.bytes.withUnsafeBufferPointer { bytes in
      segment.ranges.map { range in
        let word = UnsafeBufferPointer(rebasing: bytes[range])
        return number(of: StoredKey(word), word)
      }
    }
    var grams = [words]
    for n in stride(from: 2, through: order, by: 1) {
      guard words.count >= n else {
        grams.append([])
        continue
      }
      let shorter = grams[n - 2]
      let none = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
      grams.append(
        (0...(words.count - n)).map { number(of: StoredKey(pair: shorter[$0], words[$0 + n - 1]), none) })
    }
    return grams
  }

  @inline(__always)
  private mutating func number(of key: StoredKey, _ word: UnsafeBufferPointer<UInt8>) -> Int32 {
    if let known = table.value(of: key, word: word) { return known }
    table.insert(key, word: word, value: table.count)
    return Int32(table.count - 1)
  }
}
