import Foundation

/// What happens to text before it is cut into pieces.
///
/// Source: Hugging Face tokenizers 0.23 `normalizers`.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case nfc, nfd, nfkc, nfkd
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case prepend([Unicode.Scalar])
  case replace(Pattern, with: [Unicode.Scalar])
  case precompiled(PrecompiledMap)

  /// What is looked for in text.
  enum Pattern: Sendable {
    case text([Unicode.Scalar])
    /// `\s+`, ` {2,}` and the like: at least so many of a class.
    case run(of: ScalarSet, atLeast: Int)

    enum ScalarSet: Sendable {
      case whiteSpace
      case space
    }
  }

  func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .sequence(let steps): steps.reduce(text) { $1.normalize($0) }
    case .nfc: Self.mapped(text) { $0.precomposedStringWithCanonicalMapping }
    case .nfd: Self.mapped(text) { $0.decomposedStringWithCanonicalMapping }
    // Foundation on Linux does not compose what its compatibility mapping leaves in parts (a voiced half-width kana).
    case .nfkc:
      Self.mapped(text) { $0.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping }
    case .nfkd: Self.mapped(text) { $0.decomposedStringWithCompatibilityMapping }
    case .lowercase: text.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    case .stripAccents:
      text.filter {
        ![.nonspacingMark, .spacingMark, .enclosingMark].contains($0.properties.generalCategory)
      }
    case .strip(let left, let right): Self.strip(text, left: left, right: right)
    case .prepend(let prefix): text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content):
      pattern.pieces(of: text).flatMap { $0.isMatch ? content : Array(text[$0.range]) }
    case .precompiled(let map): map.normalize(text)
    }
  }

  private static func mapped(_ text: [Unicode.Scalar], _ form: (String) -> String) -> [Unicode.Scalar] {
    // ASCII is in every normal form.
    if text.allSatisfy(\.isASCII) { return text }
    return Array(form(String(String.UnicodeScalarView(text))).unicodeScalars)
  }

  private static func strip(_ text: [Unicode.Scalar], left: Bool, right: Bool) -> [Unicode.Scalar] {
    var slice = text[...]
    if left { slice = slice.drop { $0.properties.isWhitespace } }
    if right { while let last = slice.last, last.properties.isWhitespace { slice.removeLast() } }
    return Array(slice)
  }
}

extension Normalizer.Pattern {
  /// The matches, from left to right, and what lies between them.
  func pieces(of text: [Unicode.Scalar]) -> [(range: Range<Int>, isMatch: Bool)] {
    var pieces: [(range: Range<Int>, isMatch: Bool)] = []
    var (unmatched, place) = (0, 0)
    while place < text.count {
      let end = matchEnd(text, at: place)
      guard end > place else {
        place += 1
        continue
      }
      if unmatched < place { pieces.append((unmatched..<place, false)) }
      pieces.append((place..<end, true))
      (unmatched, place) = (end, end)
    }
    if unmatched < text.count { pieces.append((unmatched..<text.count, false)) }
    return pieces
  }

  /// Where a match that begins at `start` ends; `start` when there is none.
  private func matchEnd(_ text: [Unicode.Scalar], at start: Int) -> Int {
    switch self {
    case .text(let pattern): return text[start...].starts(with: pattern) ? start + pattern.count : start
    case .run(let set, let least):
      var end = start
      while end < text.count, set == .space ? text[end] == " " : text[end].properties.isWhitespace { end += 1 }
      return end - start >= least ? end : start
    }
  }
}
