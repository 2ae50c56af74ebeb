/// Decides whether a period, question mark or exclamation mark ends a sentence, from the words around it.
///
/// Source: Kiss and Strunk 2006, "Unsupervised multilingual sentence boundary detection", sections 3 and 4, as in
/// `PunktSentenceTokenizer` of nltk 3.9.1.
struct PunktClassifier {
  typealias Facts = PunktParameters.Facts

  let text: UnsafeBufferPointer<UInt8>
  let parameters: PunktParameters
  let characters: PunktCharacters
  private var tokens: [PunktToken] = []

  init(text: UnsafeBufferPointer<UInt8>, parameters: PunktParameters, characters: PunktCharacters) {
    self.text = text
    self.parameters = parameters
    self.characters = characters
  }

  /// Whether a sentence ends inside a stretch of text, before its last word.
  mutating func containsBreak(_ context: Range<Int>) -> Bool {
    readTokens(context)
    var first = 0
    while first + 1 < tokens.count {
      if tokens[first].marks.contains(.endsInPeriod) { decide(first, tokens[first + 1]) }
      if tokens[first].marks.contains(.sentenceBreak) { return true }
      first += 1
    }
    return false
  }

  private mutating func readTokens(_ context: Range<Int>) {
    tokens.removeAll(keepingCapacity: true)
    var start = context.lowerBound
    while start <= context.upperBound {
      var end = start
      while end < context.upperBound, text[end] != UInt8(ascii: "\n") { end += 1 }
      readLine(start..<end)
      start = end + 1
    }
  }

  private mutating func readLine(_ line: Range<Int>) {
    // For nltk 3.10.4 a line can be blank and still hold a word: U+001C to U+001F.
    if characters.version == .nltk3_10_4, text.isBlank(line) { return }
    var words = PunktTokens(text: text, line: line, characters: characters)
    while let range = words.next() { tokens.append(PunktToken(range: range, marks: firstMarks(range))) }
  }

  /// The first pass: what a token is by itself.
  private func firstMarks(_ range: Range<Int>) -> PunktToken.Marks {
    let last = text[range.upperBound - 1]
    if range.count == 1, PunktCharacters.endsSentence(last) {
      return last == UInt8(ascii: ".") ? [.sentenceBreak, .endsInPeriod] : .sentenceBreak
    }
    guard last == UInt8(ascii: ".") else { return [] }
    if text[range].allSatisfy({ $0 == UInt8(ascii: ".") }) { return [.ellipsis, .endsInPeriod] }
    if text[range.upperBound - 2] == UInt8(ascii: ".") { return .endsInPeriod }
    return isAbbreviation(range.lowerBound..<range.upperBound - 1)
      ? [.abbreviation, .endsInPeriod] : [.sentenceBreak, .endsInPeriod]
  }

  private func isAbbreviation(_ word: Range<Int>) -> Bool {
    if facts(of: word).contains(.abbreviation) { return true }
    guard let hyphen = text[word].lastIndex(of: UInt8(ascii: "-")) else { return false }
    return facts(of: hyphen + 1..<word.upperBound).contains(.abbreviation)
  }

  /// The second pass: a token that ends in a period, seen together with the next one.
  private mutating func decide(_ index: Int, _ next: PunktToken) {
    let token = tokens[index]
    let type = PunktType(text, withoutFinalPeriod(token.range))
    let nextType = PunktType(
      text, next.marks.contains(.sentenceBreak) ? withoutFinalPeriod(next.range) : next.range)
    let nextFacts = nextType.facts(parameters)
    if type.facts(parameters).contains(.collocates), parameters.collocate(type.string, nextType.string) {
      mark(index, .abbreviation)
      return
    }
    let isInitial = isInitial(token.range)
    let nextIsUpper = firstScalar(next).properties.isUppercase
    if !token.marks.isDisjoint(with: [.abbreviation, .ellipsis]), !isInitial {
      if capitalisation(of: next, nextFacts) == .startsSentence
        || nextIsUpper && nextFacts.contains(.sentenceStarter)
      {
        mark(index, .sentenceBreak)
        return
      }
    }
    guard isInitial || type.isNumber else { return }
    switch capitalisation(of: next, nextFacts) {
    case .continuesSentence: mark(index, .abbreviation)
    case .unknown where isInitial && nextIsUpper && nextFacts.isDisjoint(with: .lower): mark(index, .abbreviation)
    default: break
    }
  }

  /// Sets one of the two marks that decide; an abbreviation is no break.
  private mutating func mark(_ index: Int, _ mark: PunktToken.Marks) {
    if mark == .abbreviation { tokens[index].marks.remove(.sentenceBreak) }
    tokens[index].marks.insert(mark)
  }

  private enum Capitalisation { case startsSentence, continuesSentence, unknown }

  /// The orthographic heuristic: does the word's case speak for the beginning of a sentence?
  private func capitalisation(of token: PunktToken, _ facts: Facts) -> Capitalisation {
    if token.range.count == 1 {
      switch text[token.range.lowerBound] {
      case UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "!"),
        UInt8(ascii: "?"):
        return .continuesSentence
      default: break
      }
    }
    let first = firstScalar(token).properties
    if first.isUppercase, !facts.isDisjoint(with: .lower), !facts.contains(.upperInMiddle) { return .startsSentence }
    if first.isLowercase, !facts.isDisjoint(with: .upper) || !facts.contains(.lowerAtBeginning) {
      return .continuesSentence
    }
    return .unknown
  }

  private func firstScalar(_ token: PunktToken) -> Unicode.Scalar { text.scalar(at: token.range.lowerBound).scalar }

  private func withoutFinalPeriod(_ range: Range<Int>) -> Range<Int> {
    range.count > 1 && text[range.upperBound - 1] == UInt8(ascii: ".")
      ? range.lowerBound..<range.upperBound - 1 : range
  }

  /// A single letter (or another word character that is no decimal digit) and a period.
  private func isInitial(_ range: Range<Int>) -> Bool {
    let (scalar, length) = text.scalar(at: range.lowerBound)
    return range.count == length + 1 && scalar.isPythonWord && !scalar.isPythonDigit
  }

  private func facts(of word: Range<Int>) -> Facts { PunktType(text, word).wordFacts(parameters) }
}
