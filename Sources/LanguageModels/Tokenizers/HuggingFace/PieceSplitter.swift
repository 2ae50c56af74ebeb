/// A step of Hugging Face's pre-tokenizers: text pieces to smaller ones.
///
/// Source: Hugging Face tokenizers 0.23 `pre_tokenizers`.
indirect enum PieceSplitter: Sendable {
  struct Piece {
    var text: [Unicode.Scalar]
    /// Whether the whole text begins with this piece.
    var isAtStart: Bool
  }

  enum Prefix: String, Sendable { case always, first, never }

  /// What happens to the matches of a pattern.
  enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  case sequence([PieceSplitter])
  /// Spaces become U+2581, the first perhaps added.
  case metaspace(Unicode.Scalar, Prefix, splits: Bool)
  /// Every byte as a printable character, after GPT-2's splitting.
  case byteLevel(addsSpace: Bool, splits: Bool)
  /// A family's regular expression; every scalar belongs to a match or stays a piece.
  case rule(PreTokenizer.Rule)
  case pattern(Normalizer.Pattern, Behavior)
  case digits(individual: Bool)
  case punctuation(Behavior)
  /// `\w+|[^\w\s]+`
  case whitespace
  case whitespaceSplit
  case bert

  func split(_ piece: Piece) -> [Piece] {
    switch self {
    case .sequence(let steps): return steps.reduce([piece]) { pieces, step in pieces.flatMap(step.split) }
    case .metaspace(let mark, let prefix, let splits): return Self.metaspace(piece, mark, prefix, splits: splits)
    case .byteLevel(let addsSpace, let splits):
      var piece = piece
      if addsSpace, piece.text.first != " " { piece.text.insert(" ", at: 0) }
      let pieces = splits ? Self.cut(piece, by: .gpt2) : [piece]
      return pieces.map { Piece(text: ByteAlphabet.spelled($0.text), isAtStart: $0.isAtStart) }
    case .rule(let rule): return Self.cut(piece, by: rule)
    case .pattern(let pattern, let behavior): return Self.apply(behavior, pattern.pieces(of: piece.text), piece)
    case .digits(let individual):
      return Self.cut(piece, by: individual ? .digit : .number)
    case .punctuation(let behavior): return Self.apply(behavior, Self.singles(piece.text, Self.isPunctuation), piece)
    case .whitespace:
      return Self.runs(piece) { $0.isWordCharacter ? 1 : $0.properties.isWhitespace ? 0 : 2 }
    case .whitespaceSplit: return Self.runs(piece) { $0.properties.isWhitespace ? 0 : 1 }
    case .bert:
      return Self.runs(piece) { $0.properties.isWhitespace ? 0 : 1 }.flatMap { word in
        Self.apply(.isolated, Self.singles(word.text, Self.isPunctuation), word)
      }
    }
  }

  private static func metaspace(_ piece: Piece, _ mark: Unicode.Scalar, _ prefix: Prefix, splits: Bool) -> [Piece] {
    var text = piece.text.map { $0 == " " ? mark : $0 }
    let isPrefixed = prefix == .always || prefix == .first && piece.isAtStart
    if isPrefixed, !text.isEmpty, text.first != mark { text.insert(mark, at: 0) }
    let whole = Piece(text: text, isAtStart: piece.isAtStart)
    return splits ? apply(.mergedWithNext, singles(text) { $0 == mark }, whole) : [whole]
  }

  private static func cut(_ piece: Piece, by rule: PreTokenizer.Rule) -> [Piece] {
    let classified = ClassifiedText(String(String.UnicodeScalarView(piece.text)))
    guard classified.count > 0 else { return [] }
    return classified.cut(0..<classified.count, by: rule).map { part(piece, $0) }
  }

  private static func part(_ piece: Piece, _ range: Range<Int>) -> Piece {
    Piece(text: Array(piece.text[range]), isAtStart: piece.isAtStart && range.lowerBound == 0)
  }

  /// Runs of equal classes; class 0 is left out.
  private static func runs(_ piece: Piece, _ kind: (Unicode.Scalar) -> Int) -> [Piece] {
    var pieces: [Piece] = []
    var start = 0
    for end in 1...max(1, piece.text.count) where end <= piece.text.count {
      let this = kind(piece.text[start])
      if end < piece.text.count, kind(piece.text[end]) == this { continue }
      if this != 0 { pieces.append(part(piece, start..<end)) }
      start = end
    }
    return pieces
  }

  private static func singles(
    _ text: [Unicode.Scalar], _ isMatch: (Unicode.Scalar) -> Bool
  ) -> [(range: Range<Int>, isMatch: Bool)] {
    var pieces: [(range: Range<Int>, isMatch: Bool)] = []
    for (index, scalar) in text.enumerated() {
      if !isMatch(scalar), let last = pieces.last, !last.isMatch {
        pieces[pieces.count - 1].range = last.range.lowerBound..<index + 1
      } else {
        pieces.append((index..<index + 1, isMatch(scalar)))
      }
    }
    return pieces
  }

  private static func apply(
    _ behavior: Behavior, _ parts: [(range: Range<Int>, isMatch: Bool)], _ piece: Piece
  ) -> [Piece] {
    var ranges: [Range<Int>] = []
    var previousIsMatch = false
    for (index, part) in parts.enumerated() {
      switch behavior {
      case .removed: if !part.isMatch { ranges.append(part.range) }
      case .isolated: ranges.append(part.range)
      case .contiguous where index > 0 && part.isMatch == previousIsMatch:
        ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<part.range.upperBound
      case .contiguous: ranges.append(part.range)
      case .mergedWithPrevious where part.isMatch && index > 0 && !previousIsMatch:
        ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<part.range.upperBound
      case .mergedWithNext where index > 0 && previousIsMatch && !part.isMatch:
        ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<part.range.upperBound
      case .mergedWithPrevious, .mergedWithNext: ranges.append(part.range)
      }
      previousIsMatch = part.isMatch
    }
    return ranges.map { self.part(piece, $0) }
  }

  /// ASCII punctuation and `\p{P}`.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
    default: scalar.isPunctuation
    }
  }
}
