/// The tokens of `added_tokens`, cut out of text before the pre-tokenizer sees it.
///
/// Source: Hugging Face tokenizers 0.23 `added_vocabulary.rs`: the leftmost match counts, of those the longest.
struct AddedTokens: Sendable {
  struct Token: Sendable {
    let id: TokenID
    let content: [Unicode.Scalar]
    let isSpecial: Bool
    /// Found in the text as it is, or in the normalized text.
    let isNormalized: Bool
    /// Takes the white space before, or after, with it.
    let stripsLeft, stripsRight: Bool
    let isSingleWord: Bool
  }

  enum Fragment {
    /// - Parameter isAtStart: whether the whole text begins here.
    case text([Unicode.Scalar], isAtStart: Bool)
    case token(TokenID)
  }

  private let raw: Trie
  private let normalized: Trie

  init(_ tokens: [Token], normalizer: Normalizer?) {
    raw = Trie(tokens.filter { !$0.isNormalized }) { $0 }
    normalized = Trie(tokens.filter(\.isNormalized)) { normalizer?.normalize($0) ?? $0 }
  }

  /// Normalized text and tokens in order.
  /// - Parameter parseSpecial: whether special tokens are found, or are only text.
  func partition(_ text: [Unicode.Scalar], normalizer: Normalizer?, parseSpecial: Bool) -> [Fragment] {
    raw.partition(text, isAtStart: true, parseSpecial: parseSpecial).flatMap { fragment -> [Fragment] in
      guard case .text(let text, let isAtStart) = fragment else { return [fragment] }
      let prepared = normalizer?.normalize(text) ?? text
      return normalized.partition(prepared, isAtStart: isAtStart, parseSpecial: parseSpecial)
    }
  }
}

/// The tokens' texts, scalar by scalar.
private struct Trie: Sendable {
  private struct Node {
    var next: [UInt32: Int] = [:]
    var token: AddedTokens.Token?
  }

  private var nodes = [Node()]

  init(_ tokens: [AddedTokens.Token], spelling: ([Unicode.Scalar]) -> [Unicode.Scalar]) {
    for token in tokens {
      var node = 0
      for scalar in spelling(token.content) {
        if nodes[node].next[scalar.value] == nil {
          nodes[node].next[scalar.value] = nodes.count
          nodes.append(Node())
        }
        node = nodes[node].next[scalar.value]!
      }
      if node != 0 { nodes[node].token = token }
    }
  }

  func partition(_ text: [Unicode.Scalar], isAtStart: Bool, parseSpecial: Bool) -> [AddedTokens.Fragment] {
    var fragments: [AddedTokens.Fragment] = []
    var (unmatched, place) = (0, 0)
    while place < text.count {
      guard let (token, end) = longestMatch(text, at: place) else {
        place += 1
        continue
      }
      let isIgnored = token.isSpecial && !parseSpecial || token.isSingleWord && !isWord(text, place..<end)
      guard !isIgnored else {
        place = end
        continue
      }
      var (first, last) = (place, end)
      if token.stripsLeft { while first > unmatched, text[first - 1].properties.isWhitespace { first -= 1 } }
      if token.stripsRight { while last < text.count, text[last].properties.isWhitespace { last += 1 } }
      if unmatched < first {
        fragments.append(.text(Array(text[unmatched..<first]), isAtStart: isAtStart && unmatched == 0))
      }
      fragments.append(.token(token.id))
      (unmatched, place) = (last, last)
    }
    if unmatched < text.count {
      fragments.append(.text(Array(text[unmatched...]), isAtStart: isAtStart && unmatched == 0))
    }
    return fragments
  }

  private func longestMatch(_ text: [Unicode.Scalar], at start: Int) -> (AddedTokens.Token, Int)? {
    var found: (AddedTokens.Token, Int)?
    var (node, place) = (0, start)
    while place < text.count, let next = nodes[node].next[text[place].value] {
      (node, place) = (next, place + 1)
      if let token = nodes[node].token { found = (token, place) }
    }
    return found
  }

  private func isWord(_ text: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
    (range.lowerBound == 0 || !text[range.lowerBound - 1].isWordCharacter)
      && (range.upperBound == text.count || !text[range.upperBound].isWordCharacter)
  }
}

extension Unicode.Scalar {
  /// `\w`: letters, marks, decimal numbers, letter numbers and connectors (Unicode TR 18).
  var isWordCharacter: Bool {
    if isASCII { return self == "_" || ("0"..."9").contains(self) || properties.isAlphabetic }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return properties.isAlphabetic || value == 0x200c || value == 0x200d
    }
  }
}
