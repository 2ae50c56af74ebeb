// The eight steps of the algorithm, in the paper's order. In a list of rules the first one whose suffix matches decides:
// when its condition fails the word stays as it is and no later rule is tried.
extension PorterStemmer {
  /// Replace a suffix by another.
  struct Rule: Sendable {
    let suffix: [UInt8]
    let replacement: [UInt8]

    init(_ suffix: StaticString, _ replacement: StaticString) {
      self.suffix = Array(suffix.description.utf8)
      self.replacement = Array(replacement.description.utf8)
    }

    func matches(_ word: [UInt8]) -> Bool {
      guard word.count >= suffix.count, word.last == suffix.last else { return false }
      return word.suffix(suffix.count).elementsEqual(suffix)
    }

    func apply(to word: inout [UInt8]) {
      word.removeLast(suffix.count)
      word.append(contentsOf: replacement)
    }
  }

  /// Applies the first rule whose suffix matches, if the stem before the suffix has a measure above `minimum`.
  private func apply(_ rules: [Rule], to word: inout [UInt8], measureAbove minimum: Int) {
    guard let rule = rules.first(where: { $0.matches(word) }) else { return }
    if Self.measure(word, end: word.count - rule.suffix.count) > minimum { rule.apply(to: &word) }
  }

  func step1a(_ word: inout [UInt8]) {
    if mode == .nltk, word.count == 4, Self.ies.matches(word) {
      word.removeLast()
      return
    }
    Self.step1a.first { $0.matches(word) }?.apply(to: &word)
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
        $0.matches(word) && Self.hasVowel(word, end: word.count - $0.suffix.count)
      })
    else { return }
    ending.apply(to: &word)
    restoreAfter1b(&word)
  }

  /// Tidies what `-ed` or `-ing` left behind: conflat → conflate, hopp → hop, fil → file.
  private func restoreAfter1b(_ word: inout [UInt8]) {
    if let rule = Self.after1b.first(where: { $0.matches(word) }) {
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
    if let rule = Self.step2.first(where: { $0.matches(word) }) {
      if Self.measure(word, end: word.count - rule.suffix.count) > 0 { rule.apply(to: &word) }
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
    guard let rule = Self.step4.first(where: { $0.matches(word) }) else { return }
    let end = word.count - rule.suffix.count
    guard Self.measure(word, end: end) > 1 else { return }
    if rule.suffix.count == 3, rule.matches(Self.ion) {
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
  private static let ion = Array("ion".utf8)
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
