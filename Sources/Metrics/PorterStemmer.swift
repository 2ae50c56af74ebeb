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
      irregular.apply(to: &word)
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

  /// NLTK's table of irregular forms, as rules that replace the whole word.
  private static func irregularStem(of word: [UInt8]) -> Rule? {
    guard (3...8).contains(word.count) else { return nil }
    let tail = Tail(word)
    return irregularForms.first { $0.length == word.count && $0.matches(tail) }
  }

  private static let irregularForms = [
    Rule("sky", "sky"), Rule("skies", "sky"), Rule("dying", "die"), Rule("lying", "lie"), Rule("tying", "tie"),
    Rule("news", "news"),
    Rule("innings", "inning"), Rule("inning", "inning"), Rule("outings", "outing"), Rule("outing", "outing"),
    Rule("cannings", "canning"), Rule("canning", "canning"), Rule("howe", "howe"), Rule("proceed", "proceed"),
    Rule("exceed", "exceed"), Rule("succeed", "succeed"),
  ]
}

// The paper's conditions on a stem. A stem is a prefix of the word: the letters before `end`.
extension PorterStemmer {
  static func isConsonant(_ word: [UInt8], _ index: Int) -> Bool {
    if isPlainVowel(word[index]) { return false }
    switch word[index] {
    case UInt8(ascii: "y"):
      // In a run of y's consonants and vowels alternate, so only the run's first letter and its parity count.
      var first = index
      while first > 0, word[first - 1] == UInt8(ascii: "y") { first -= 1 }
      let firstIsConsonant = first == 0 || !isConsonant(word, first - 1)
      return firstIsConsonant == ((index - first) % 2 == 0)
    default: return true
    }
  }

  /// a, e, i, o, u
  @inline(__always)
  private static func isPlainVowel(_ letter: UInt8) -> Bool {
    let place = letter &- UInt8(ascii: "a")
    // Bits 0, 4, 8, 14 and 20.
    return place < 26 && 0x10_4111 >> UInt32(place) & 1 == 1
  }

  /// m: how often a vowel is directly followed by a consonant.
  static func measure(_ word: [UInt8], end: Int) -> Int {
    var measure = 0
    var previousIsConsonant = true
    for index in 0..<end {
      let isConsonant =
        word[index] == UInt8(ascii: "y") ? (index == 0 || !previousIsConsonant) : !isPlainVowel(word[index])
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
