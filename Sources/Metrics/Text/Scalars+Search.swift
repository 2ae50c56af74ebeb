/// Finding and replacing code points, as Python's `str.find`, `str.replace` and slicing do.
extension Scalars {
  /// Where a word first occurs at or after a position.
  func firstIndex(of word: String, from start: Int? = nil) -> Int? {
    let word = word.scalars
    var index = start ?? startIndex
    while index + word.count <= endIndex {
      if self[index..<(index + word.count)] == word { return index }
      index += 1
    }
    return nil
  }

  /// Where a word last occurs.
  func lastIndex(of word: String) -> Int? {
    let word = word.scalars
    var index = endIndex - word.count
    while index >= startIndex {
      if self[index..<(index + word.count)] == word { return index }
      index -= 1
    }
    return nil
  }

  func contains(_ word: String) -> Bool { firstIndex(of: word) != nil }

  func hasPrefix(_ word: String) -> Bool { starts(with: word.unicodeScalars) }

  func hasSuffix(_ word: String) -> Bool { suffix(word.unicodeScalars.count).elementsEqual(word.unicodeScalars) }

  /// `str.replace`: all occurrences, from left to right, without overlap.
  func replacing(_ word: String, with replacement: String) -> Scalars {
    guard var next = firstIndex(of: word) else { return self }
    let length = word.unicodeScalars.count
    var result = Array(self[startIndex..<next])
    while true {
      result += replacement.unicodeScalars
      let rest = next + length
      guard length > 0, let following = firstIndex(of: word, from: rest) else {
        result += self[rest...]
        return result[...]
      }
      result += self[rest..<following]
      next = following
    }
  }

  /// `str.split(word)`: always at least one piece.
  func pieces(separatedBy word: String) -> [Scalars] {
    var pieces: [Scalars] = []
    var start = startIndex
    let length = word.unicodeScalars.count
    while let next = firstIndex(of: word, from: start) {
      pieces.append(self[start..<next])
      start = next + length
    }
    return pieces + [self[start...]]
  }
}
