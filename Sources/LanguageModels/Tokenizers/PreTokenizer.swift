/// How text is cut into pieces before byte-pair encoding; merges never cross pieces.
///
/// Each pre-tokenizer is a list of rules. The first cuts the text, the next cuts its pieces, and so on; what a rule
/// does not match stays a piece. Source: llama.cpp `llm_tokenizer_bpe`, where the rules are regular expressions.
struct PreTokenizer: Sendable {
  enum Rule: Sendable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// As GPT-4: contractions of any case, a mark before letters, up to so many digits, line breaks with what precedes.
    case cl100k(digits: Int)
    /// `\p{N}`
    case digit
    /// `\p{N}+`
    case number
    /// `[0-9][0-9][0-9]`
    case threeDigits
    /// `[\p{P}\$\+<=>\^~\|]+`, with or without the grave accent
    case punctuation(grave: Bool)
  }

  let rules: [Rule]

  /// Whether a piece that is a token stays whole, whatever the merges say.
  let ignoresMerges: Bool

  /// Whether text begins with the beginning-of-sequence token unless the file says otherwise.
  let addsBOS: Bool

  /// The pre-tokenizer that GGUF calls `name`; `nil` for a name that is not known.
  init?(named name: String) {
    guard let family = Self.families.first(where: { $0.names.contains(name) }) else { return nil }
    rules = family.rules
    ignoresMerges = family.ignoresMerges
    addsBOS = family.ignoresMerges
  }

  /// Every name that is known.
  static var names: [String] { families.flatMap(\.names).sorted() }

  private struct Family {
    let names: [String]
    let rules: [Rule]
    var ignoresMerges = false
  }

  /// Source: llama.cpp `llama_vocab::impl::load`, the values of `tokenizer.ggml.pre`.
  private static let families = [
    Family(
      names: ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
      rules: [.digit, .gpt2]),
    Family(
      names: [
        "gpt-2", "phi-2", "olmo", "mpt", "jais", "roberta-bpe", "exaone4", "gigachat", "a.x-4.0", "mellum",
        "modern-bert", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
      ],
      rules: [.gpt2]),
    Family(
      names: ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
      rules: [.cl100k(digits: 3)], ignoresMerges: true),
    Family(names: ["smaug-bpe", "dbrx", "chatglm-bpe", "glm4"], rules: [.cl100k(digits: 3)]),
    Family(
      names: ["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "kormo"], rules: [.cl100k(digits: 1)]),
    Family(names: ["default"], rules: [.punctuation(grave: false), .gpt2, .number, .threeDigits]),
    Family(names: ["falcon"], rules: [.punctuation(grave: true), .gpt2, .threeDigits]),
  ]

  /// The bytes of the pieces, in order; together they are the text.
  func pieces(of text: String) -> [[UInt8]] {
    let scalars = ClassifiedText(text)
    var pieces = scalars.count == 0 ? [] : [0..<scalars.count]
    for rule in rules { pieces = pieces.flatMap { scalars.cut($0, by: rule) } }
    let bytes = Array(text.utf8)
    return pieces.map { Array(bytes[scalars.byteOffsets[$0.lowerBound]..<scalars.byteOffsets[$0.upperBound]]) }
  }
}
