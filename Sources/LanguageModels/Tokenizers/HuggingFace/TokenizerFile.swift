/// `tokenizer.json` as Hugging Face's tokenizers library reads it: text to tokens in four steps.
///
/// What the file asks for and is not known here is refused by name: guessing would change every result.
struct TokenizerFile: Sendable {
  enum Model: Sendable {
    case bytePair(CharacterPairEncoder)
    case unigram(UnigramEncoder)
  }

  /// How tokens are written in the vocabulary.
  enum Spelling: Sendable {
    /// Bytes as printable characters.
    case bytes
    /// Text, with U+2581 for a space; the first space of a text is perhaps not part of it.
    case metaspace(stripsFirst: Bool)
  }

  let normalizer: Normalizer?
  let splitter: PieceSplitter?
  let model: Model
  let added: AddedTokens
  let spelling: Spelling
  /// What the post-processor puts around a text.
  let prefix, suffix: [TokenID]
  /// The text of each token, `nil` for a number that none has.
  let texts: [String?]
  let kinds: [TokenKind]

  /// Larger token numbers are refused.
  static let tokenLimit = 1 << 22

  init(_ json: JSONValue) throws(TokenizerError.Problem) {
    let reader = TokenizerReader(json)
    normalizer = try json["normalizer"].map { (value) throws(TokenizerError.Problem) in try reader.normalizer(value) }
    splitter = try json["pre_tokenizer"].map { (value) throws(TokenizerError.Problem) in try reader.splitter(value) }
    let addedTokens = try reader.addedTokens()
    added = AddedTokens(addedTokens, normalizer: normalizer)
    let vocabulary: TokenizerReader.ModelParts
    (model, vocabulary) = try reader.model()
    spelling = try reader.spelling()

    var ids = vocabulary.tokens
    for token in addedTokens {
      ids[Array(String(String.UnicodeScalarView(token.content)).utf8)] = token.id
    }
    let count = Int(ids.values.max() ?? -1) + 1
    guard count > 0 else { throw .emptyVocabulary }
    var texts = [String?](repeating: nil, count: count)
    var kinds = [TokenKind](repeating: .unused, count: count)
    for (text, id) in vocabulary.tokens {
      texts[Int(id)] = String(decoding: text, as: UTF8.self)
      let isByte = vocabulary.fallsBackToBytes && Vocabulary.byteValue(texts[Int(id)] ?? "") != nil
      kinds[Int(id)] = isByte ? .byte : id == vocabulary.unknown ? .unknown : .normal
    }
    for token in addedTokens {
      // What the library decodes to is the normalized text.
      let content = token.isNormalized ? normalizer?.normalize(token.content) ?? token.content : token.content
      texts[Int(token.id)] = String(String.UnicodeScalarView(content))
      if kinds[Int(token.id)] != .unknown || token.isSpecial {
        kinds[Int(token.id)] = token.isSpecial ? .control : .userDefined
      }
    }
    self.texts = texts
    self.kinds = kinds
    (prefix, suffix) = try reader.surroundings(ids)
  }

  func encode(_ text: String, parseSpecial: Bool) -> [TokenID] {
    var tokens: [TokenID] = []
    // Most words of a text recur.
    var known: [[Unicode.Scalar]: [TokenID]] = [:]
    for fragment in added.partition(Array(text.unicodeScalars), normalizer: normalizer, parseSpecial: parseSpecial) {
      switch fragment {
      case .token(let token): tokens.append(token)
      case .text(let text, let isAtStart):
        let whole = PieceSplitter.Piece(text: text, isAtStart: isAtStart)
        for piece in splitter?.split(whole) ?? [whole] where !piece.text.isEmpty {
          if let found = known[piece.text] {
            tokens += found
            continue
          }
          let found: [TokenID] =
            switch model {
            case .bytePair(let encoder): encoder.encode(piece.text)
            case .unigram(let encoder): encoder.encode(piece.text)
            }
          known[piece.text] = found
          tokens += found
        }
      }
    }
    return tokens
  }
}
