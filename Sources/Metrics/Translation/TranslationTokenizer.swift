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
  package func tokens(of segment: String) -> [String] {
    let words = words(of: segment)
    return words.ranges.map { String(decoding: words.bytes[$0], as: UTF8.self) }
  }

  /// The tokens of a segment as UTF-8.
  func words(of segment: String) -> TokenizedSegment {
    var segment = segment
    return segment.withUTF8 { bytes in
      let stripped = UnsafeBufferPointer(rebasing: bytes[..<bytes.endWithoutSpace()])
      return TokenizedSegment(tokenized(stripped))
    }
  }

  private func tokenized(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    switch self {
    case .none: Array(text)
    case .mteval13a: Self.separateASCIIPunctuation([0x20] + Self.withoutMarkup(text) + [0x20])
    case .zh: Self.separateASCIIPunctuation(Self.separate(text, where: Self.isChinese))
    case .char: Self.separate(text) { _ in true }
    case .intl: Self.separatePunctuationAndSymbols(String(decoding: text, as: UTF8.self).scalars).utf8
    }
  }

  /// Removes what SGML files leave in a segment.
  private static func withoutMarkup(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes = Array(text)
    for (mark, replacement) in markup where bytes.contains(mark[mark.count - 1]) {
      bytes = bytes.replacing(mark, with: replacement)
    }
    return bytes
  }

  /// In this order, so that `&amp;lt;` ends as `<`.
  private static let markup: [([UInt8], [UInt8])] = [
    ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
  ].map { (Array($0.utf8), Array($1.utf8)) }

  /// The three rules about punctuation in numbers. They are about ASCII, so bytes do: what stands before or after a point
  /// may be any byte of a longer character.
  private static func separateASCIIPunctuation(_ text: [UInt8]) -> [UInt8] {
    var apart: [UInt8] = []
    apart.reserveCapacity(text.count + text.count / 2)
    for byte in text {
      if isSeparate(byte) { apart += [0x20, byte, 0x20] } else { apart.append(byte) }
    }
    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    func isPoint(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") }
    return apart.separating(space: 0x20, before: false) { !isDigit($0) && isPoint($1) }
      .separating(space: 0x20, before: true) { isPoint($0) && !isDigit($1) }
      .separating(space: 0x20, before: false) { isDigit($0) && $1 == UInt8(ascii: "-") }
  }

  private static func separatePunctuationAndSymbols(_ text: Scalars) -> Scalars {
    let apart = Array(text).separating(space: " ", before: false) { !$0.isNumber && $1.isPunctuation }
      .separating(space: " ", before: true) { $0.isPunctuation && !$1.isNumber }
    return apart.reduce(into: []) { $0 += $1.isSymbol ? [" ", $1, " "] : [$1] }[...]
  }

  /// Spaces around some characters.
  private static func separate(
    _ text: UnsafeBufferPointer<UInt8>, where isApart: (Unicode.Scalar) -> Bool
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(2 * text.count)
    var index = 0
    while index < text.count {
      let (scalar, length) = text.scalar(at: index)
      let isApart = isApart(scalar)
      if isApart { result.append(0x20) }
      result += text[index..<index + length]
      if isApart { result.append(0x20) }
      index += length
    }
    return result
  }

  /// All ASCII punctuation but the apostrophe, comma, hyphen and period, and the space: `[{-~[-` -&(-+:-@/]`.
  private static func isSeparate(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20...0x26, 0x28...0x2B, 0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
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

/// A tokenized text: its words are what stands between white space.
struct TokenizedSegment {
  let bytes: [UInt8]
  let ranges: [Range<Int>]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    ranges = bytes.withUnsafeBufferPointer { bytes in
      var ranges: [Range<Int>] = []
      ranges.reserveCapacity(bytes.count / 5)
      var start = 0
      var index = 0
      while index < bytes.count {
        let space = bytes.spaceLength(at: index)
        if space == 0 {
          index += bytes.scalar(at: index).length
          continue
        }
        if index > start { ranges.append(start..<index) }
        index += space
        start = index
      }
      if index > start { ranges.append(start..<index) }
      return ranges
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

extension [UInt8] {
  /// All occurrences from left to right, without overlap.
  fileprivate func replacing(_ mark: [UInt8], with replacement: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var index = 0
    while index < count {
      if self[index] == mark[0], index + mark.count <= count, self[index..<index + mark.count].elementsEqual(mark) {
        result += replacement
        index += mark.count
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result
  }
}

extension Array {
  /// Puts a space between the two elements of each matching pair, and one before or after the pair. Pairs are found from
  /// left to right and do not overlap.
  @inline(__always)
  fileprivate func separating(space: Element, before: Bool, where isPair: (Element, Element) -> Bool) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(count + count / 4)
    var index = 0
    while index < count {
      if index + 1 < count, isPair(self[index], self[index + 1]) {
        if before { result.append(space) }
        result.append(self[index])
        result.append(space)
        result.append(self[index + 1])
        if !before { result.append(space) }
        index += 2
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result
  }
}

extension Scalars {
  fileprivate var utf8: [UInt8] { Array(text.utf8) }
}
