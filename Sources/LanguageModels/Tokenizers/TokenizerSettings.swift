/// What a GGUF file says about its vocabulary, checked, with llama.cpp's defaults for what it does not say.
struct TokenizerSettings {
  enum Model {
    case bytePair(merges: [String], PreTokenizer)
    case sentencePiece(scores: [Float], addsSpacePrefix: Bool)
  }

  let vocabulary: Vocabulary
  let model: Model
  let bos, eos, unknown: TokenID?
  let endOfGeneration: Set<TokenID>
  let addsBOS: Bool
  let warnings: [String]

  init(_ file: GGUFFile) throws(TokenizerError) {
    let keys = TokenizerKeys(file)
    let texts = try keys.required("tokens", GGUFMetadata.strings)
    guard !texts.isEmpty else { throw keys.failure(.emptyVocabulary) }
    guard Int32(exactly: texts.count) != nil else {
      throw keys.failure(.wrongCount(key: "tokenizer.ggml.tokens", expected: Int(Int32.max), actual: texts.count))
    }
    let kinds = try Self.kinds(texts, keys)

    switch try keys.required("model", GGUFMetadata.string) {
    case "gpt2":
      let name = try keys.read("pre", GGUFMetadata.string)
      guard let preTokenizer = PreTokenizer(named: name ?? "default") else {
        throw keys.failure(.unsupportedPreTokenizer(name ?? ""))
      }
      warnings = name == nil ? ["The file names no pre-tokenizer; 'default' is used, which can lower quality."] : []
      vocabulary = Vocabulary(texts: texts, kinds: kinds, spelling: ByteAlphabet.bytes)
      model = .bytePair(merges: try keys.required("merges", GGUFMetadata.strings), preTokenizer)
      // llama.cpp falls back to token 11 here, which is right for Falcon only; no token is safer than a wrong one.
      bos = try keys.token("bos_token_id", count: texts.count)
      eos = try keys.token("eos_token_id", count: texts.count)
      unknown = try keys.token("unknown_token_id", count: texts.count)
      addsBOS = try keys.read("add_bos_token", GGUFMetadata.boolean) ?? preTokenizer.addsBOS
    case "llama":
      let scores = try keys.read("scores", GGUFMetadata.floats) ?? [Float](repeating: 0, count: texts.count)
      try keys.check("scores", scores.count, isCountOf: texts)
      warnings = []
      vocabulary = Vocabulary(texts: texts, kinds: kinds, spelling: Vocabulary.metaspaceBytes)
      let addsSpacePrefix = try keys.read("add_space_prefix", GGUFMetadata.boolean) ?? true
      model = .sentencePiece(scores: scores, addsSpacePrefix: addsSpacePrefix)
      bos = try keys.token("bos_token_id", count: texts.count, default: 1)
      eos = try keys.token("eos_token_id", count: texts.count, default: 2)
      unknown = try keys.token("unknown_token_id", count: texts.count, default: 0)
      addsBOS = try keys.read("add_bos_token", GGUFMetadata.boolean) ?? true
    case let name:
      throw keys.failure(.unsupportedModel(name))
    }

    var ends = Set([eos].compactMap(\.self))
    for key in ["eot_token_id", "eom_token_id"] {
      if let token = try keys.token(key, count: texts.count) { ends.insert(token) }
    }
    for (index, text) in texts.enumerated() where kinds[index] == .control && Self.isEndName(text) {
      ends.insert(TokenID(index))
    }
    endOfGeneration = ends
  }

  /// The kinds of the tokens; those that can only be control tokens are, whatever the file says.
  private static func kinds(_ texts: [String], _ keys: TokenizerKeys) throws(TokenizerError) -> [TokenKind] {
    var kinds = [TokenKind](repeating: .normal, count: texts.count)
    if let numbers = try keys.read("token_type", GGUFMetadata.integers) {
      try keys.check("token_type", numbers.count, isCountOf: texts)
      kinds = numbers.map { TokenKind(rawValue: $0) ?? .normal }
    }
    for (index, text) in texts.enumerated() where unmistakableEndNames.contains(text) { kinds[index] = .control }
    return kinds
  }

  static func isEndName(_ text: String) -> Bool {
    unmistakableEndNames.contains(text) || text == "</s>" || text == "<eos>"
  }

  /// Tokens that end generation by their name. Source: llama.cpp `llama_vocab::impl::load`.
  private static let unmistakableEndNames: Set<String> = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>",
    "<EOT>", "_<EOT>", "<|end_of_text|>", "<end_of_utterance>",
  ]
}

/// The metadata keys that begin with `tokenizer.ggml.`.
private struct TokenizerKeys {
  private let file: GGUFFile
  private static let prefix = "tokenizer.ggml."

  init(_ file: GGUFFile) { self.file = file }

  func failure(_ problem: TokenizerError.Problem) -> TokenizerError {
    TokenizerError(file: file.path, problem: problem)
  }

  func read<Value>(
    _ key: String, _ accessor: (GGUFMetadata) -> (String) throws(GGUFError) -> Value?
  ) throws(TokenizerError) -> Value? {
    do { return try accessor(file.metadata)(Self.prefix + key) } catch { throw failure(.metadata(error)) }
  }

  func required<Value>(
    _ key: String, _ accessor: (GGUFMetadata) -> (String) throws(GGUFError) -> Value?
  ) throws(TokenizerError) -> Value {
    do {
      return try file.metadata.required(Self.prefix + key, accessor)
    } catch {
      throw failure(.metadata(error))
    }
  }

  /// The token that a key names; `default` when the key is absent and the vocabulary is that large.
  func token(_ key: String, count: Int, default standard: Int? = nil) throws(TokenizerError) -> TokenID? {
    guard let id = try read(key, GGUFMetadata.unsignedInteger) else {
      return standard.flatMap { $0 < count ? TokenID($0) : nil }
    }
    guard id < count else { throw failure(.tokenOutOfRange(key: Self.prefix + key, id: id, count: count)) }
    return TokenID(id)
  }

  func check(_ key: String, _ actual: Int, isCountOf texts: [String]) throws(TokenizerError) {
    guard actual == texts.count else {
      throw failure(.wrongCount(key: Self.prefix + key, expected: texts.count, actual: actual))
    }
  }
}
