/// Normalizers and pre-tokenizers.
extension TokenizerReader {
  func normalizer(_ value: JSONValue) throws(Problem) -> Normalizer {
    switch Self.type(value) {
    case "Sequence":
      return .sequence(
        try (value["normalizers"]?.array ?? []).map { (step) throws(Problem) in try normalizer(step) })
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Strip":
      return .strip(left: value["strip_left"]?.bool ?? true, right: value["strip_right"]?.bool ?? true)
    case "Prepend": return .prepend(Array((value["prepend"]?.string ?? "").unicodeScalars))
    case "Replace":
      let content = Array((value["content"]?.string ?? "").unicodeScalars)
      return .replace(try pattern(value, of: "normalizer"), with: content)
    case "Precompiled":
      guard let bytes = value["precompiled_charsmap"]?.string.flatMap(base64Bytes),
        let map = PrecompiledMap(bytes)
      else { throw .malformed("has a precompiled_charsmap that cannot be read") }
      return .precompiled(map)
    default: throw Self.unsupported("normalizer", value)
    }
  }

  private func pattern(_ value: JSONValue, of part: String) throws(Problem) -> Normalizer.Pattern {
    if let text = value["pattern"]?["String"]?.string, !text.isEmpty { return .text(Array(text.unicodeScalars)) }
    switch value["pattern"]?["Regex"]?.string {
    case "\\s+": return .run(of: .whiteSpace, atLeast: 1)
    case " {2,}": return .run(of: .space, atLeast: 2)
    case " +": return .run(of: .space, atLeast: 1)
    case let regex: throw .unsupportedPart(part: part, name: regex ?? "without a pattern")
    }
  }

  func splitter(_ value: JSONValue) throws(Problem) -> PieceSplitter {
    switch Self.type(value) {
    case "Sequence":
      return .sequence(
        try (value["pretokenizers"]?.array ?? []).map { (step) throws(Problem) in try splitter(step) })
    case "ByteLevel":
      return .byteLevel(
        addsSpace: value["add_prefix_space"]?.bool ?? true, splits: value["use_regex"]?.bool ?? true)
    case "Metaspace":
      let mark = value["replacement"]?.string?.unicodeScalars.first ?? "\u{2581}"
      let scheme = value["prepend_scheme"]?.string ?? (value["add_prefix_space"]?.bool == false ? "never" : "always")
      guard let prefix = PieceSplitter.Prefix(rawValue: scheme) else {
        throw .unsupportedPart(part: "prepend_scheme", name: scheme)
      }
      return .metaspace(mark, prefix, splits: value["split"]?.bool ?? true)
    case "Split": return try split(value)
    case "Digits": return .digits(individual: value["individual_digits"]?.bool ?? false)
    case "Punctuation": return .punctuation(try behavior(value) ?? .isolated)
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceSplit
    case "BertPreTokenizer": return .bert
    default: throw Self.unsupported("pre_tokenizer", value)
    }
  }

  private func split(_ value: JSONValue) throws(Problem) -> PieceSplitter {
    let behavior = try behavior(value) ?? .isolated
    let isInverted = value["invert"]?.bool ?? false
    if let regex = value["pattern"]?["Regex"]?.string, let rule = Self.rules[regex] {
      // These expressions match everywhere, or what they match is isolated: removing what is between changes nothing.
      guard behavior == .isolated && !isInverted || behavior == .removed && isInverted && rule.matchesEverywhere else {
        throw .unsupportedPart(part: "behavior of Split", name: behavior.rawValue)
      }
      return .rule(rule)
    }
    guard !isInverted else { throw .unsupportedPart(part: "pre_tokenizer", name: "Split with invert") }
    return .pattern(try pattern(value, of: "pre_tokenizer"), behavior)
  }

  private func behavior(_ value: JSONValue) throws(Problem) -> PieceSplitter.Behavior? {
    guard let name = value["behavior"]?.string else { return nil }
    guard let behavior = PieceSplitter.Behavior(rawValue: name) else {
      throw .unsupportedPart(part: "behavior", name: name)
    }
    return behavior
  }

  /// The regular expressions of the common families, as their files write them.
  private static let rules: [String: PreTokenizer.Rule] = [
    // Llama 3
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
      .cl100k(digits: 3),
    // Qwen 2, 2.5 and 3
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
      .cl100k(digits: 1),
    // GPT-2
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+": .gpt2,
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+": .gpt2,
    "\\p{N}": .digit,
    "\\p{N}+": .number,
    "[0-9][0-9][0-9]": .threeDigits,
  ]
}

extension PreTokenizer.Rule {
  /// Whether every scalar of a text belongs to a match.
  fileprivate var matchesEverywhere: Bool {
    switch self {
    case .gpt2, .cl100k: true
    case .digit, .number, .threeDigits, .punctuation: false
    }
  }
}
