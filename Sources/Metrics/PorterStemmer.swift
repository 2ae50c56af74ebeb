/// Removes the endings of English words (Porter 1980, "An algorithm for suffix stripping").
///
/// Words are lower-case ASCII letters and digits, which is all that ROUGE's tokenizer lets through; any other byte counts
/// as a consonant. Checked against `nltk.stem.porter` 3.10.4, which equals 3.8.1 and 3.9.1 on the golden words.
package struct PorterStemmer: Hashable, Sendable {
  package enum Mode: String, CaseIterable, Sendable {
    /// NLTK's own extensions, the default of `PorterStemmer()` and the one ROUGE uses.
    case nltk
    /// Martin Porter's C version.
    case martin
    /// The paper.
    case original
  }

  package let mode: Mode

  package init(mode: Mode = .nltk) { self.mode = mode }

  /// The stem of a word, lower-cased first.
  package func stem(_ word: String) -> String {
    var bytes = word.lowercased().utf8.map { $0 }
    stem(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces a lower-case word by its stem. Linear in the length of the word.
  func stem(_ word: inout [UInt8]) {
    if mode == .nltk, let irregular = Self.irregularStem(of: word) {
      word = Array(irregular.utf8)
      return
    }
    if mode != .original, word.count <= 2 { return }
    step1a(&word)
    step1b(&word)
    step1c(&word)
    step2(&word)
    step3(&word)
    step4(&word)
    step5a(&word)
    step5b(&word)
  }

  private static func irregularStem(of word: [UInt8]) -> String? {
    guard (3...8).contains(word.count) else { return nil }
    switch String(decoding: word, as: UTF8.self) {
    case "sky", "skies": return "sky"
    case "dying": return "die"
    case "lying": return "lie"
    case "tying": return "tie"
    case "news": return "news"
    case "inning", "innings": return "inning"
    case "outing", "outings": return "outing"
    case "canning", "cannings": return "canning"
    case "howe": return "howe"
    case "proceed": return "proceed"
    case "exceed": return "exceed"
    case "succeed": return "succeed"
    default: return nil
    }
  }
}

// The paper's conditions on a stem. A stem is a prefix of the word: the letters before `end`.
extension PorterStemmer {
  static func isConsonant(_ word: [UInt8], _ index: Int) -> Bool {
    switch word[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): return false
    case UInt8(ascii: "y"):
      // In a run of y's consonants and vowels alternate, so only the run's first letter and its parity count.
      var first = index
      while first > 0, word[first - 1] == UInt8(ascii: "y") { first -= 1 }
      let firstIsConsonant = first == 0 || !isConsonant(word, first - 1)
      return firstIsConsonant == ((index - first) % 2 == 0)
    default: return true
    }
  }

  /// m: how often a vowel is directly followed by a consonant.
  static func measure(_ word: [UInt8], end: Int) -> Int {
    var measure = 0
    var previousIsConsonant = true
    for index in 0..<end {
      let isConsonant =
        word[index] == UInt8(ascii: "y") ? (index == 0 || !previousIsConsonant) : Self.isConsonant(word, index)
      if isConsonant, !previousIsConsonant { measure += 1 }
      previousIsConsonant = isConsonant
    }
    return measure
  }

  /// *v*: the stem has a vowel.
  static func hasVowel(_ word: [UInt8], end: Int) -> Bool {
    // A y that is not the first letter is a vowel itself or follows one.
    for index in 0..<end where index > 0 && word[index] == UInt8(ascii: "y") || !isConsonant(word, index) {
      return true
    }
    return false
  }

  /// *d: the stem ends in a double consonant.
  static func endsInDoubleConsonant(_ word: [UInt8]) -> Bool {
    word.count >= 2 && word[word.count - 1] == word[word.count - 2] && isConsonant(word, word.count - 1)
  }

  /// *o: the stem ends consonant, vowel, consonant, where the last is not w, x or y; for NLTK also the two letters
  /// vowel, consonant.
  func endsInShortSyllable(_ word: [UInt8], end: Int) -> Bool {
    if mode == .nltk, end == 2 { return !Self.isConsonant(word, 0) && Self.isConsonant(word, 1) }
    guard end >= 3 else { return false }
    switch word[end - 1] {
    case UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y"): return false
    default:
      return Self.isConsonant(word, end - 3) && !Self.isConsonant(word, end - 2) && Self.isConsonant(word, end - 1)
    }
  }
}
