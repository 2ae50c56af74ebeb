/// Byte-pair encoding over characters, as `tokenizer.json` describes it: of printable bytes (byte-level BPE) or of text
/// with byte fallback (SentencePiece's BPE).
///
/// Source: Hugging Face tokenizers 0.23 `models/bpe`.
struct CharacterPairEncoder: Sendable {
  private let tokens: [[UInt8]: TokenID]
  private let characters: [UInt32: TokenID]
  private let table: MergeTable
  private let bytes: ByteTokens?
  private let unknown: TokenID?
  private let fusesUnknown: Bool
  /// Whether a piece that is a token stays whole, whatever the merges say.
  private let ignoresMerges: Bool

  /// - Parameter merges: pairs of tokens in order of learning.
  /// - Throws: the index of a merge whose parts or result are no tokens.
  init(
    tokens: [[UInt8]: TokenID], merges: [(left: [UInt8], right: [UInt8])], bytes: ByteTokens?, unknown: TokenID?,
    fusesUnknown: Bool, ignoresMerges: Bool
  ) throws(InvalidMerge) {
    self.tokens = tokens
    var characters: [UInt32: TokenID] = [:]
    for (text, token) in tokens where text.count <= 4 {
      let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
      if scalars.count == 1, let scalar = scalars.first { characters[scalar.value] = token }
    }
    self.characters = characters
    var table = MergeTable()
    for (index, merge) in merges.enumerated() {
      guard let left = tokens[merge.left], let right = tokens[merge.right],
        let result = tokens[merge.left + merge.right]
      else { throw InvalidMerge(index: index) }
      table.add(left, right, MergeTable.Merge(rank: Int32(clamping: index), result: result))
    }
    self.table = table
    (self.bytes, self.unknown) = (bytes, unknown)
    (self.fusesUnknown, self.ignoresMerges) = (fusesUnknown, ignoresMerges)
  }

  struct InvalidMerge: Error { let index: Int }

  func encode(_ piece: [Unicode.Scalar]) -> [TokenID] {
    if ignoresMerges, let whole = tokens[Array(String(String.UnicodeScalarView(piece)).utf8)] { return [whole] }
    var symbols: [MergeTable.Placed] = []
    var lastIsUnknown = false
    func append(_ symbol: TokenID) { symbols.append(MergeTable.Placed(symbol: symbol, start: symbols.count)) }
    for scalar in piece {
      if let token = characters[scalar.value] {
        append(token)
        lastIsUnknown = false
      } else if let fallback = bytes?.tokens(of: Array(String(scalar).utf8)) {
        for token in fallback { append(token) }
        lastIsUnknown = false
      } else if let unknown, !(fusesUnknown && lastIsUnknown) {
        append(unknown)
        lastIsUnknown = true
      }
    }
    return table.merged(symbols).map(\.symbol)
  }
}

/// The tokens `<0x00>` ... `<0xFF>`.
struct ByteTokens: Sendable {
  private let tokens: [TokenID?]

  init(_ vocabulary: [[UInt8]: TokenID]) {
    let digits = Array("0123456789ABCDEF")
    tokens = (0..<256).map { vocabulary[Array("<0x\(digits[$0 >> 4])\(digits[$0 & 15])>".utf8)] }
  }

  /// The tokens of all bytes, or `nil` when one is missing.
  func tokens(of bytes: [UInt8]) -> [TokenID]? {
    let found = bytes.compactMap { tokens[Int($0)] }
    return found.count == bytes.count ? found : nil
  }
}
