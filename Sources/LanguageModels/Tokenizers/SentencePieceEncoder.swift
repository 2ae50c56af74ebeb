/// SentencePiece's byte-pair encoding: spaces become U+2581, and neighbours merge into the token of highest score.
///
/// Source: SentencePiece `bpe_model.cc`; llama.cpp `llm_tokenizer_spm`.
struct SentencePieceEncoder: Sendable {
  private let table: MergeTable
  private let tokenCount: Int32

  /// The symbols of single characters, known to the vocabulary or only to a merge.
  private let characters: [UInt32: Int32]

  /// The tokens `<0x00>` ... `<0xFF>`.
  private let byteTokens: [TokenID?]
  private let unknown: TokenID?

  /// Finding the parts of a token takes time quadratic in its length, which a hostile file must not exploit.
  private static let longestToken = 4096

  /// - Parameter scores: one per token; higher ones merge first.
  init(_ vocabulary: Vocabulary, scores: [Float], unknown: TokenID?, file: String) throws(TokenizerError) {
    tokenCount = Int32(vocabulary.count)
    self.unknown = unknown

    var byteTokens = [TokenID?](repeating: nil, count: 256)
    var symbols: [[UInt8]: Int32] = [:]
    var characters: [UInt32: Int32] = [:]
    for token in 0..<tokenCount {
      let text = vocabulary.texts[Int(token)]
      guard text.utf8.count <= Self.longestToken else {
        throw TokenizerError(file: file, problem: .oversizedToken(id: Int(token), bytes: text.utf8.count))
      }
      if vocabulary.kinds[Int(token)] == .byte, let byte = Vocabulary.byteValue(text) {
        byteTokens[Int(byte)] = token
      } else if vocabulary.kinds[Int(token)] == .normal, !text.isEmpty, symbols[Array(text.utf8)] == nil {
        symbols[Array(text.utf8)] = token
        if let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 { characters[scalar.value] = token }
      }
    }
    self.byteTokens = byteTokens

    // A token can arise from any two parts that are tokens or single characters.
    let ranks = Self.ranks(scores)
    var table = MergeTable()
    var nextSymbol = tokenCount
    for (bytes, token) in symbols.sorted(by: { $0.value < $1.value }) {
      let merge = MergeTable.Merge(rank: ranks[Int(token)], result: token)
      for split in bytes.indices.dropFirst() where !UTF8.isContinuation(bytes[split]) {
        var parts: [Int32] = []
        for part in [bytes[..<split], bytes[split...]] {
          if let symbol = symbols[Array(part)] {
            parts.append(symbol)
          } else if let scalar = Self.onlyScalar(part) {
            if characters[scalar.value] == nil {
              characters[scalar.value] = nextSymbol
              nextSymbol += 1
            }
            parts.append(characters[scalar.value]!)
          }
        }
        if parts.count == 2 { table.add(parts[0], parts[1], merge) }
      }
    }
    self.table = table
    self.characters = characters
  }

  /// Ranks in descending order of score; equal scores have equal ranks.
  private static func ranks(_ scores: [Float]) -> [Int32] {
    let scores = scores.map { $0.isNaN ? -.infinity : $0 }
    let order = Set(scores).sorted(by: >)
    let rank = Dictionary(uniqueKeysWithValues: zip(order, Int32(0)...))
    return scores.map { rank[$0]! }
  }

  private static func onlyScalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }

  /// The tokens of text without special tokens; a prefix space was added already.
  func encode(_ text: String) -> [TokenID] {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars { scalars.append(scalar == " " ? "\u{2581}" : scalar) }
    let placed = scalars.enumerated().map { MergeTable.Placed(symbol: characters[$1.value] ?? .max, start: $0) }

    var tokens: [TokenID] = []
    for found in table.merged(placed) {
      // What is no token is a single character: only those have symbols beyond the vocabulary.
      if found.symbol < tokenCount { tokens.append(found.symbol) } else { tokens += fallback(scalars[found.start]) }
    }
    return tokens
  }

  /// The byte tokens of a character; the unknown token for bytes without one.
  private func fallback(_ scalar: Unicode.Scalar) -> [TokenID] {
    String(scalar).utf8.compactMap { byteTokens[Int($0)] ?? unknown }
  }
}
