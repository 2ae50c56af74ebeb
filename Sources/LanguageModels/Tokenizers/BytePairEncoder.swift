/// Byte-level byte-pair encoding: pieces of text, their bytes, and merges in the order they were learned.
///
/// A byte that the vocabulary lacks is left out before merging, as in Hugging Face tokenizers without an unknown token
/// (SmolLM2 lacks 21, among them control characters); llama.cpp leaves it out after merging.
///
/// Source: Sennrich et al. 2016; GPT-2 `encoder.py`.
struct BytePairEncoder: Sendable {
  private let preTokenizer: PreTokenizer
  private let table: MergeTable
  private let tokenCount: Int32

  /// The symbol of each byte that is a token or part of a merge.
  private let byteSymbols: [Int32?]

  /// Whole pieces that are tokens, when those take precedence over merges.
  private let wholePieces: [[UInt8]: TokenID]

  /// - Parameter merges: "left right", in order of learning.
  init(
    _ vocabulary: Vocabulary, merges: [String], preTokenizer: PreTokenizer, file: String
  ) throws(TokenizerError) {
    self.preTokenizer = preTokenizer
    tokenCount = Int32(vocabulary.count)

    var symbols = SymbolTable(vocabulary)
    wholePieces = preTokenizer.ignoresMerges ? symbols.symbols : [:]

    var table = MergeTable()
    for (index, text) in merges.enumerated() {
      // The space is looked for from the second character: a symbol may begin with one in odd vocabularies.
      guard let space = text.unicodeScalars.dropFirst().firstIndex(of: " ") else {
        throw TokenizerError(file: file, problem: .malformedMerge(index: index, text: text))
      }
      let left = ByteAlphabet.bytes(spelledBy: String(text.unicodeScalars[..<space]))
      let right = ByteAlphabet.bytes(spelledBy: String(text.unicodeScalars[space...].dropFirst()))
      let merge = MergeTable.Merge(rank: Int32(clamping: index), result: symbols.symbol(for: left + right))
      table.add(symbols.symbol(for: left), symbols.symbol(for: right), merge)
    }
    self.table = table
    byteSymbols = (UInt8.min...UInt8.max).map { symbols.symbols[[$0]] }
  }

  /// The tokens of text without special tokens.
  func encode(_ text: String) -> [TokenID] {
    var tokens: [TokenID] = []
    // Most words of a text recur.
    var known: [[UInt8]: [TokenID]] = [:]
    for piece in preTokenizer.pieces(of: text) {
      if let found = known[piece] {
        tokens += found
      } else {
        let found = encode(piece)
        known[piece] = found
        tokens += found
      }
    }
    return tokens
  }

  private func encode(_ piece: [UInt8]) -> [TokenID] {
    if let token = wholePieces[piece] { return [token] }
    let bytes = piece.enumerated().compactMap { (start, byte) in
      byteSymbols[Int(byte)].map { MergeTable.Placed(symbol: $0, start: start) }
    }
    let merged = table.merged(bytes)
    var tokens: [TokenID] = []
    for (index, placed) in merged.enumerated() {
      if placed.symbol < tokenCount {
        tokens.append(placed.symbol)
      } else {
        // No token for what merged here: the tokens of its bytes.
        let end = index + 1 < merged.count ? merged[index + 1].start : piece.count
        tokens += piece[placed.start..<end].compactMap { byteSymbols[Int($0)] }.filter { $0 < tokenCount }
      }
    }
    return tokens
  }
}

/// Numbers for byte strings: those of the vocabulary are their tokens, new ones follow.
private struct SymbolTable {
  private(set) var symbols: [[UInt8]: Int32] = [:]
  private var next: Int32

  init(_ vocabulary: Vocabulary) {
    next = Int32(vocabulary.count)
    symbols.reserveCapacity(vocabulary.count)
    for token in 0..<next {
      // Text must never turn into control tokens.
      switch vocabulary.kinds[Int(token)] {
      case .control, .unknown, .byte: continue
      case .normal, .userDefined, .unused: break
      }
      let bytes = Array(vocabulary.bytes(of: token))
      if !bytes.isEmpty, symbols[bytes] == nil { symbols[bytes] = token }
    }
  }

  mutating func symbol(for bytes: [UInt8]) -> Int32 {
    if let symbol = symbols[bytes] { return symbol }
    defer { next += 1 }
    symbols[bytes] = next
    return next
  }
}
