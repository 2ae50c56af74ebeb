/// sacrebleu's tokenizers that need no model: how BLEU cuts a segment into words.
///
/// Source: sacrebleu 2.6.0, `tokenizers/`.
package enum TranslationTokenizer: String, CaseIterable, Sendable {
  /// Only white space separates.
  case none
  /// mteval-v13a, the default: ASCII punctuation apart, numbers kept together.
  case mteval13a = "13a"
  /// mteval-v14's international variant: punctuation and symbols of all scripts apart.
  case intl
  /// Every code point.
  case char
  /// Chinese characters apart, the rest as in 13a.
  case zh

  /// The tokens of a segment; trailing white space is dropped first, as BLEU does.
  package func tokens(of segment: String) -> [String] { words(of: segment.scalars).map(\.text) }

  func words(of segment: Scalars) -> [Scalars] { tokenized(segment.pythonStrippedRight).pythonWords }

  private func tokenized(_ text: Scalars) -> Scalars {
    switch self {
    case .none: text
    case .mteval13a: Self.separateASCIIPunctuation([" "] + Self.withoutMarkup(text) + [" "])
    case .intl: Self.separatePunctuationAndSymbols(text)
    case .char: text.puttingSpaces(around: { _ in true })
    case .zh:
      Self.separateASCIIPunctuation(text.pythonStripped.puttingSpaces(around: Self.isChinese))
    }
  }

  /// Removes what SGML files leave in a segment.
  private static func withoutMarkup(_ text: Scalars) -> Scalars {
    var text = text.replacing("<skipped>", with: "").replacing("-\n", with: "").replacing("\n", with: " ")
    guard text.contains("&") else { return text }
    for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
      text = text.replacing(entity, with: character)
    }
    return text
  }

  private static func separateASCIIPunctuation(_ text: Scalars) -> Scalars {
    let apart = text.puttingSpaces(around: isSeparate)
    func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }
    return apart.separating(spaceBeforePair: false) { !$0.isASCIIDigit && isPoint($1) }
      .separating(spaceBeforePair: true) { isPoint($0) && !$1.isASCIIDigit }
      .separating(spaceBeforePair: false) { $0.isASCIIDigit && $1 == "-" }
  }

  private static func separatePunctuationAndSymbols(_ text: Scalars) -> Scalars {
    text.separating(spaceBeforePair: false) { !$0.isNumber && $1.isPunctuation }
      .separating(spaceBeforePair: true) { $0.isPunctuation && !$1.isNumber }
      .puttingSpaces(around: \.isSymbol)
  }

  /// All ASCII punctuation but the apostrophe, comma, hyphen and period, and the space: `[{-~[-` -&(-+:-@/]`.
  private static func isSeparate(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
    default: false
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // The two ranges beyond the basic plane are written with four hex digits in sacrebleu, so they compare as strings of
    // two characters and in effect cover these.
    case 0x2001...0x2A6D, 0x2F81...0x2FA1: true
    case 0x3400...0x4DB5, 0x4E00...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9, 0xFF00...0xFFEF,
      0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF, 0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3100...0x312F,
      0x31A0...0x31BF, 0xFE10...0xFE1F, 0xFE30...0xFE4F, 0x3200...0x33FF:
      true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// `\p{N}`
  fileprivate var isNumber: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// `\p{P}`
  var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// `\p{S}`
  fileprivate var isSymbol: Bool {
    switch properties.generalCategory {
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: true
    default: false
    }
  }
}

extension Scalars {
  fileprivate func puttingSpaces(around isApart: (Unicode.Scalar) -> Bool) -> Scalars {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count + count / 4)
    for scalar in self {
      if isApart(scalar) { result += [" ", scalar, " "] } else { result.append(scalar) }
    }
    return result[...]
  }

  /// Puts a space between the two code points of each matching pair, and one before or after the pair. Pairs are found
  /// from left to right and do not overlap.
  fileprivate func separating(
    spaceBeforePair: Bool, where isPair: (Unicode.Scalar, Unicode.Scalar) -> Bool
  ) -> Scalars {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count + count / 4)
    var index = startIndex
    while index < endIndex {
      if index + 1 < endIndex, isPair(self[index], self[index + 1]) {
        if spaceBeforePair { result.append(" ") }
        result += [self[index], " ", self[index + 1]]
        if !spaceBeforePair { result.append(" ") }
        index += 2
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result[...]
  }
}
