// The eight steps of the algorithm, in the paper's order. In a list of rules the first one whose suffix matches decides:
// when its condition fails the word stays as it is and no later rule is tried.
extension PorterStemmer {
  /// The last eight letters of a word as an integer, the last one lowest: a suffix is compared at once.
  struct Tail {
    let letters: UInt64

    @inline(__always)
    init(_ word: [UInt8]) {
      var letters: UInt64 = 0
      for index in max(word.count - 8, 0)..<word.count { letters = letters << 8 | UInt64(word[index]) }
      self.letters = letters
    }
  }

  /// Replace a suffix of up to eight letters by another.
  struct Rule: BitwiseCopyable, Sendable {
    let length: Int
    private let suffix: UInt64
    private let mask: UInt64
    private let replacement: UInt64
    private let replacementLength: Int

    init(_ suffix: StaticString, _ replacement: StaticString) {
      let packed = Tail(Array(suffix.description.utf8))
      self.suffix = packed.letters
      length = suffix.utf8CodeUnitCount
      mask = ~0 >> UInt64(64 - 8 * length)
      self.replacement = Tail(Array(replacement.description.utf8)).letters
      replacementLength = replacement.utf8CodeUnitCount
    }

    @inline(__always)
    func matches(_ tail: Tail) -> Bool { tail.letters & mask == suffix }

    func matches(_ word: [UInt8]) -> Bool { matches(Tail(word)) }

    func apply(to word: inout [UInt8]) {
      word.removeLast(length)
      for index in stride(from: replacementLength - 1, through: 0, by: -1) {
        word.append(UInt8(truncatingIfNeeded: replacement >> UInt64(8 * index)))
      }
    }
  }

  private static func first(_ rules: [Rule], of word: [UInt8]) -> Rule? {
    let tail = Tail(word)
    return rules.first { $0.matches(tail) }
  }

  /// Applies the first rule whose suffix matches, if the stem before the suffix has a measure above `minimum`.
  private func apply(_ rules: [Rule], to word: inout [UInt8], measureAbove minimum: Int) {
    guard let rule = Self.first(rules, of: word) else { return }
    if Self.measure(word, end: word.count - rule.length) > minimum { rule.apply(to: &word) }
  }

  func step1a(_ word: inout [UInt8]) {
    if mode == .nltk, word.count == 4, Self.ies.matches(word) {
      word.removeLast()
      return
    }
    Self.first(Self.step1a, of: word)?.apply(to: &word)
  }

  func step1b(_ word: inout [UInt8]) {
    if mode == .nltk, Self.ied.matches(word) {
      word.removeLast(word.count == 4 ? 1 : 2)
      return
    }
    if Self.eed.matches(word) {
      if Self.measure(word, end: word.count - 3) > 0 { word.removeLast() }
      return
    }
    guard
      let ending = Self.edAndIng.first(where: {
        $0.matches(word) && Self.hasVowel(word, end: word.count - $0.length)
      })
    else { return }
    ending.apply(to: &word)
    restoreAfter1b(&word)
  }

  /// Tidies what `-ed` or `-ing` left behind: conflat → conflate, hopp → hop, fil → file.
  private func restoreAfter1b(_ word: inout [UInt8]) {
    if let rule = Self.first(Self.after1b, of: word) {
      rule.apply(to: &word)
    } else if Self.endsInDoubleConsonant(word) {
      switch word.last {
      case UInt8(ascii: "l"), UInt8(ascii: "s"), UInt8(ascii: "z"): break
      default: word.removeLast()
      }
    } else if Self.measure(word, end: word.count) == 1, endsInShortSyllable(word, end: word.count) {
      word.append(UInt8(ascii: "e"))
    }
  }

  func step1c(_ word: inout [UInt8]) {
    guard word.last == UInt8(ascii: "y") else { return }
    let end = word.count - 1
    let becomesI = mode == .nltk ? end > 1 && Self.isConsonant(word, end - 1) : Self.hasVowel(word, end: end)
    if becomesI { word[end] = UInt8(ascii: "i") }
  }

  func step2(_ word: inout [UInt8]) {
    // NLTK takes -alli first and then runs the step again on the result: radicalli → radical.
    while mode == .nltk, Self.alli.matches(word), Self.measure(word, end: word.count - 4) > 0 {
      Self.alli.apply(to: &word)
    }
    if let rule = Self.first(Self.step2, of: word) {
      if Self.measure(word, end: word.count - rule.length) > 0 { rule.apply(to: &word) }
    } else if (mode == .original ? Self.abli : Self.bli).matches(word) {
      // abli → able and bli → ble are the same replacement; only the measured stem differs.
      let stem = word.count - (mode == .original ? 4 : 3)
      if Self.measure(word, end: stem) > 0 { word[word.count - 1] = UInt8(ascii: "e") }
    } else if mode == .nltk, Self.fulli.matches(word) {
      if Self.measure(word, end: word.count - 5) > 0 { Self.fulli.apply(to: &word) }
    } else if mode != .original, Self.logi.matches(word) {
      // NLTK leaves the l with the stem, so that geologi is treated like archaeologi.
      let stem = word.count - (mode == .nltk ? 3 : 4)
      if Self.measure(word, end: stem) > 0 { word.removeLast() }
    }
  }

  func step3(_ word: inout [UInt8]) { apply(Self.step3, to: &word, measureAbove: 0) }

  func step4(_ word: inout [UInt8]) {
    guard let rule = Self.first(Self.step4, of: word) else { return }
    let end = word.count - rule.length
    guard Self.measure(word, end: end) > 1 else { return }
    if Self.ion.matches(word) {
      guard word[end - 1] == UInt8(ascii: "s") || word[end - 1] == UInt8(ascii: "t") else { return }
    }
    rule.apply(to: &word)
  }

  func step5a(_ word: inout [UInt8]) {
    guard word.last == UInt8(ascii: "e") else { return }
    let measure = Self.measure(word, end: word.count - 1)
    if measure > 1 || measure == 1 && !endsInShortSyllable(word, end: word.count - 1) { word.removeLast() }
  }

  func step5b(_ word: inout [UInt8]) {
    guard Self.ll.matches(word) else { return }
    if Self.measure(word, end: word.count - 1) > 1 { word.removeLast() }
  }
}

extension PorterStemmer {
  private static let ies = Rule("ies", "ie")
  private static let ied = Rule("ied", "i")
  private static let eed = Rule("eed", "ee")
  private static let alli = Rule("alli", "al")
  private static let bli = Rule("bli", "ble")
  private static let abli = Rule("abli", "able")
  private static let fulli = Rule("fulli", "ful")
  private static let logi = Rule("logi", "log")
  private static let ll = Rule("ll", "l")
  private static let ion = Rule("ion", "")
  private static let edAndIng = [Rule("ed", ""), Rule("ing", "")]
  private static let after1b = [Rule("at", "ate"), Rule("bl", "ble"), Rule("iz", "ize")]

  private static let step1a = [Rule("sses", "ss"), Rule("ies", "i"), Rule("ss", "ss"), Rule("s", "")]

  // `abli`/`bli` stand between izer and alli in the paper; no other suffix of the list ends in them.
  private static let step2 = [
    Rule("ational", "ate"), Rule("tional", "tion"), Rule("enci", "ence"), Rule("anci", "ance"), Rule("izer", "ize"),
    Rule("alli", "al"), Rule("entli", "ent"), Rule("eli", "e"), Rule("ousli", "ous"), Rule("ization", "ize"),
    Rule("ation", "ate"), Rule("ator", "ate"), Rule("alism", "al"), Rule("iveness", "ive"), Rule("fulness", "ful"),
    Rule("ousness", "ous"), Rule("aliti", "al"), Rule("iviti", "ive"), Rule("biliti", "ble"),
  ]

  private static let step3 = [
    Rule("icate", "ic"), Rule("ative", ""), Rule("alize", "al"), Rule("iciti", "ic"), Rule("ical", "ic"),
    Rule("ful", ""), Rule("ness", ""),
  ]

  // ement before ment before ent: a failing ement must stop the search.
  private static let step4 = [
    Rule("al", ""), Rule("ance", ""), Rule("ence", ""), Rule("er", ""), Rule("ic", ""), Rule("able", ""),
    Rule("ible", ""), Rule("ant", ""), Rule("ement", ""), Rule("ment", ""), Rule("ent", ""), Rule("ion", ""),
    Rule("ou", ""), Rule("ism", ""), Rule("ate", ""), Rule("iti", ""), Rule("ous", ""), Rule("ive", ""),
    Rule("ize", ""),
  ]
}
