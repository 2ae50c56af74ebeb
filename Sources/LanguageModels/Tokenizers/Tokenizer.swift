/// Text to tokens and back, with the vocabulary of a model file.
///
/// Two kinds of vocabulary of GGUF files are known: byte-level BPE (`gpt2`) and SentencePiece BPE (`llama`). Their text is
/// taken as it is: no Unicode normalization, as in llama.cpp (Hugging Face's Qwen 2 tokenizer normalizes to NFC). A
/// `tokenizer.json` says itself what is done.
package struct Tokenizer: Sendable {
  private enum Encoder: Sendable {
    case bytePair(BytePairEncoder)
    case sentencePiece(SentencePieceEncoder)
    /// Hugging Face's pipeline, which cuts out special tokens by itself.
    case file(TokenizerFile)
  }

  private let vocabulary: Vocabulary
  private let special: SpecialTokens
  private let encoder: Encoder

  /// Whether text begins with a space that the reader does not see (SentencePiece).
  let addsSpacePrefix: Bool

  /// Whether `encode` begins with `bos` unless it is told otherwise.
  package let addsBOS: Bool

  /// The tokens that begin and end a text, where the vocabulary has them.
  package let bos, eos: TokenID?

  /// The tokens that end generation.
  package let endOfGeneration: Set<TokenID>

  /// What the user should know about the file's vocabulary, in sentences.
  package let warnings: [String]

  /// Reads the vocabulary of `file`.
  package init(_ file: GGUFFile) throws(TokenizerError) {
    let settings = try TokenizerSettings(file)
    vocabulary = settings.vocabulary
    special = SpecialTokens(vocabulary)
    bos = settings.bos
    eos = settings.eos
    endOfGeneration = settings.endOfGeneration
    warnings = settings.warnings
    addsBOS = settings.addsBOS && settings.bos != nil
    switch settings.model {
    case .bytePair(let merges, let preTokenizer):
      addsSpacePrefix = false
      encoder = .bytePair(
        try BytePairEncoder(vocabulary, merges: merges, preTokenizer: preTokenizer, file: file.path))
    case .sentencePiece(let scores, let addsSpacePrefix):
      self.addsSpacePrefix = addsSpacePrefix
      encoder = .sentencePiece(
        try SentencePieceEncoder(vocabulary, scores: scores, unknown: settings.unknown, file: file.path))
    }
  }

  init(
    vocabulary: Vocabulary, file: TokenizerFile, addsSpacePrefix: Bool, bos: TokenID?, eos: TokenID?,
    endOfGeneration: Set<TokenID>
  ) {
    self.vocabulary = vocabulary
    special = SpecialTokens(vocabulary)
    encoder = .file(file)
    self.addsSpacePrefix = addsSpacePrefix
    addsBOS = !file.prefix.isEmpty || !file.suffix.isEmpty
    (self.bos, self.eos, self.endOfGeneration) = (bos, eos, endOfGeneration)
    warnings = []
  }

  package var vocabularyCount: Int { vocabulary.count }

  /// The tokens of `text`.
  ///
  /// - Parameters:
  ///   - parseSpecial: whether the texts of control tokens, such as `<|im_end|>`, stand for those tokens; false for
  ///     text that a user or a file supplies. User-defined tokens are always found.
  ///   - addBOS: whether to begin with `bos` (and end as a `tokenizer.json` wants it); `nil` is what the file says.
  package func encode(_ text: String, parseSpecial: Bool, addBOS: Bool? = nil) -> [TokenID] {
    if case .file(let file) = encoder {
      let tokens = file.encode(text, parseSpecial: parseSpecial)
      return addBOS ?? addsBOS ? file.prefix + tokens + file.suffix : tokens
    }
    var tokens: [TokenID] = []
    if addBOS ?? addsBOS, let bos { tokens.append(bos) }
    var isAfterSpecial = true
    for fragment in special.partition(text, parseSpecial: parseSpecial) {
      switch fragment {
      case .token(let token):
        tokens.append(token)
        isAfterSpecial = true
      case .text(let text):
        tokens += encode(plain: text, isAfterSpecial: isAfterSpecial)
        isAfterSpecial = false
      }
    }
    return tokens
  }

  private func encode(plain text: String, isAfterSpecial: Bool) -> [TokenID] {
    switch encoder {
    case .bytePair(let encoder): encoder.encode(text)
    case .sentencePiece(let encoder): encoder.encode(addsSpacePrefix && isAfterSpecial ? " " + text : text)
    case .file(let file): file.encode(text, parseSpecial: false)
    }
  }

  /// The text of `tokens`; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Parameter skipSpecial: whether control and unknown tokens are left out, or shown as their names.
  package func decode(_ tokens: some Sequence<TokenID>, skipSpecial: Bool = false) -> String {
    var decoder = StreamDecoder(self, skipSpecial: skipSpecial)
    return tokens.reduce(into: "") { $0 += decoder.append($1) } + decoder.finish()
  }

  /// The bytes that `token` stands for, which may be part of a character.
  package func bytes(of token: TokenID) -> [UInt8] { Array(vocabulary.bytes(of: token)) }

  /// `token` as text by itself.
  package func piece(_ token: TokenID) -> String { String(decoding: vocabulary.bytes(of: token), as: UTF8.self) }

  /// Control and unknown tokens, which are not text.
  package func isSpecial(_ token: TokenID) -> Bool { vocabulary.isSpecial(token) }
}
