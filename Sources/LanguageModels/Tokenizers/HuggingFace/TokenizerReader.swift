/// Reads the parts of a `tokenizer.json`.
struct TokenizerReader {
  typealias Problem = TokenizerError.Problem

  private let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  struct ModelParts {
    var tokens: [[UInt8]: TokenID] = [:]
    var unknown: TokenID?
    var fallsBackToBytes = false
  }

  static func type(_ value: JSONValue) -> String { value["type"]?.string ?? "without a type" }

  static func unsupported(_ part: String, _ value: JSONValue) -> Problem {
    .unsupportedPart(part: part, name: type(value))
  }

  // MARK: Model

  func model() throws(Problem) -> (TokenizerFile.Model, ModelParts) {
    guard let model = json["model"] else { throw .malformed("has no 'model'") }
    switch model["type"]?.string ?? (model["merges"] == nil ? "Unigram" : "BPE") {
    case "BPE": return try bytePair(model)
    case "Unigram": return try unigram(model)
    case let name: throw .unsupportedPart(part: "model", name: name)
    }
  }

  private func bytePair(_ model: JSONValue) throws(Problem) -> (TokenizerFile.Model, ModelParts) {
    var parts = ModelParts()
    for member in model["vocab"]?.members ?? [] {
      parts.tokens[Array(member.key.utf8)] = try Self.token(member.value)
    }
    guard !parts.tokens.isEmpty else { throw .emptyVocabulary }
    for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[option]?.string, !text.isEmpty { throw .unsupportedPart(part: option, name: text) }
    }
    if let dropout = model["dropout"]?.number, dropout != 0 {
      throw .unsupportedPart(part: "dropout", name: "\(dropout)")
    }
    var merges: [(left: [UInt8], right: [UInt8])] = []
    for (index, merge) in (model["merges"]?.array ?? []).enumerated() {
      let sides: [String] = merge.strings ?? merge.string.map(Self.sides) ?? []
      guard sides.count == 2 else { throw .malformedMerge(index: index, text: merge.string ?? "a list") }
      merges.append((Array(sides[0].utf8), Array(sides[1].utf8)))
    }
    parts.unknown = model["unk_token"]?.string.flatMap { parts.tokens[Array($0.utf8)] }
    parts.fallsBackToBytes = model["byte_fallback"]?.bool ?? false
    do {
      let encoder = try CharacterPairEncoder(
        tokens: parts.tokens, merges: merges, bytes: parts.fallsBackToBytes ? ByteTokens(parts.tokens) : nil,
        unknown: parts.unknown, fusesUnknown: model["fuse_unk"]?.bool ?? false,
        ignoresMerges: model["ignore_merges"]?.bool ?? false)
      return (.bytePair(encoder), parts)
    } catch {
      throw .malformedMerge(index: error.index, text: "a pair that makes no token")
    }
  }

  /// "left right": the space is looked for from the second character.
  private static func sides(_ text: String) -> [String] {
    guard let space = text.unicodeScalars.dropFirst().firstIndex(of: " ") else { return [] }
    return [String(text.unicodeScalars[..<space]), String(text.unicodeScalars[space...].dropFirst())]
  }

  private func unigram(_ model: JSONValue) throws(Problem) -> (TokenizerFile.Model, ModelParts) {
    var parts = ModelParts()
    var pieces: [(text: [UInt8], score: Double)] = []
    for (index, entry) in (model["vocab"]?.array ?? []).enumerated() {
      guard let pair = entry.array, pair.count == 2, let text = pair[0].string, let score = pair[1].number else {
        throw .malformed("has a vocabulary entry \(index) that is no pair of text and score")
      }
      guard pieces.count < TokenizerFile.tokenLimit else { throw .malformed("has too many tokens") }
      pieces.append((Array(text.utf8), score))
      if parts.tokens[Array(text.utf8)] == nil { parts.tokens[Array(text.utf8)] = TokenID(index) }
    }
    guard !pieces.isEmpty else { throw .emptyVocabulary }
    if let unknown = model["unk_id"]?.integer {
      guard pieces.indices.contains(unknown) else {
        throw .tokenOutOfRange(key: "unk_id", id: unknown, count: pieces.count)
      }
      parts.unknown = TokenID(unknown)
    }
    parts.fallsBackToBytes = model["byte_fallback"]?.bool ?? false
    let bytes = parts.fallsBackToBytes ? ByteTokens(parts.tokens) : nil
    return (.unigram(UnigramEncoder(pieces, unknown: parts.unknown, bytes: bytes)), parts)
  }

  static func token(_ value: JSONValue?) throws(Problem) -> TokenID {
    guard let id = value?.integer, (0..<TokenizerFile.tokenLimit).contains(id) else {
      throw .malformed("has a token number that is no whole number below \(TokenizerFile.tokenLimit)")
    }
    return TokenID(id)
  }

  // MARK: Added tokens and post-processor

  func addedTokens() throws(Problem) -> [AddedTokens.Token] {
    var tokens: [AddedTokens.Token] = []
    for entry in json["added_tokens"]?.array ?? [] {
      guard let content = entry["content"]?.string, !content.isEmpty else {
        throw .malformed("has an added token without content")
      }
      let isSpecial = entry["special"]?.bool ?? false
      tokens.append(
        AddedTokens.Token(
          id: try Self.token(entry["id"]), content: Array(content.unicodeScalars), isSpecial: isSpecial,
          isNormalized: entry["normalized"]?.bool ?? !isSpecial, stripsLeft: entry["lstrip"]?.bool ?? false,
          stripsRight: entry["rstrip"]?.bool ?? false, isSingleWord: entry["single_word"]?.bool ?? false))
    }
    return tokens
  }

  /// The tokens that the post-processor puts before and after a text.
  func surroundings(_ ids: [[UInt8]: TokenID]) throws(Problem) -> (prefix: [TokenID], suffix: [TokenID]) {
    guard let processor = json["post_processor"] else { return ([], []) }
    return try surroundings(processor, ids)
  }

  private func surroundings(
    _ processor: JSONValue, _ ids: [[UInt8]: TokenID]
  ) throws(Problem) -> (prefix: [TokenID], suffix: [TokenID]) {
    switch Self.type(processor) {
    case "ByteLevel": return ([], [])
    case "TemplateProcessing": return try template(processor, ids)
    case "RobertaProcessing", "BertProcessing":
      let tokens = try ["cls", "sep"].map { (key) throws(Problem) in try Self.token(processor[key]?.array?.last) }
      return ([tokens[0]], [tokens[1]])
    case "Sequence":
      var (prefix, suffix): ([TokenID], [TokenID]) = ([], [])
      for step in processor["processors"]?.array ?? [] {
        let around = try surroundings(step, ids)
        (prefix, suffix) = (around.prefix + prefix, suffix + around.suffix)
      }
      return (prefix, suffix)
    default: throw Self.unsupported("post_processor", processor)
    }
  }

  private func template(
    _ processor: JSONValue, _ ids: [[UInt8]: TokenID]
  ) throws(Problem) -> (prefix: [TokenID], suffix: [TokenID]) {
    var (prefix, suffix): ([TokenID], [TokenID]) = ([], [])
    var isAfterText = false
    for part in processor["single"]?.array ?? [] {
      if part["Sequence"] != nil {
        isAfterText = true
      } else if let name = part["SpecialToken"]?["id"]?.string {
        let listed = processor["special_tokens"]?[name]?["ids"]?.array ?? []
        let tokens = try listed.map { (value) throws(Problem) in try Self.token(value) }
        let found = tokens.isEmpty ? ids[Array(name.utf8)].map { [$0] } ?? [] : tokens
        if isAfterText { suffix += found } else { prefix += found }
      }
    }
    return (prefix, suffix)
  }

  // MARK: Decoder

  func spelling() throws(Problem) -> TokenizerFile.Spelling {
    guard let decoder = json["decoder"] else { throw .unsupportedPart(part: "decoder", name: "none") }
    let steps = Self.type(decoder) == "Sequence" ? decoder["decoders"]?.array ?? [] : [decoder]
    var spelling: TokenizerFile.Spelling?
    var stripsFirst = false
    for step in steps {
      switch Self.type(step) {
      case "ByteLevel": spelling = .bytes
      case "Metaspace":
        stripsFirst = step["prepend_scheme"]?.string != "never" && step["add_prefix_space"]?.bool != false
        spelling = .metaspace(stripsFirst: stripsFirst)
      case "Replace" where step["pattern"]?["String"]?.string == "\u{2581}" && step["content"]?.string == " ":
        spelling = .metaspace(stripsFirst: stripsFirst)
      case "ByteFallback", "Fuse": break
      case "Strip" where step["content"]?.string == " " && step["start"]?.integer == 1 && step["stop"]?.integer == 0:
        stripsFirst = true
        if case .metaspace = spelling { spelling = .metaspace(stripsFirst: true) }
      default: throw Self.unsupported("decoder", step)
      }
    }
    guard let spelling else { throw Self.unsupported("decoder", decoder) }
    return spelling
  }
}
