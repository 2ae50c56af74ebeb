/// Numbers the n-grams of several texts: equal n-grams get equal numbers, different ones different numbers.
///
/// An n-gram is the pair (number of its first n-1 words, number of its last word), so any order is exact.
struct NGramNumbers {
  private struct Pair: Hashable {
    var prefix: Int
    var last: Int
  }

  private var words: [Scalars: Int] = [:]
  private var pairs: [Pair: Int] = [:]
  private var count = 0

  /// The n-grams of a text in order of appearance, for n = 1...`order`.
  mutating func numbers(of tokens: [Scalars], upTo order: Int) -> [[Int]] {
    let words = tokens.map { number(of: $0) }
    var grams = [words]
    for n in stride(from: 2, through: order, by: 1) {
      guard words.count >= n else {
        grams.append([])
        continue
      }
      let shorter = grams[n - 2]
      grams.append((0...(words.count - n)).map { number(of: Pair(prefix: shorter[$0], last: words[$0 + n - 1])) })
    }
    return grams
  }

  private mutating func number(of word: Scalars) -> Int {
    if let known = words[word] { return known }
    count += 1
    words[word] = count
    return count
  }

  private mutating func number(of pair: Pair) -> Int {
    if let known = pairs[pair] { return known }
    count += 1
    pairs[pair] = count
    return count
  }
}
