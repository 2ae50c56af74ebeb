import LanguageModels
import Testing

@Suite struct `What a file says about its vocabulary` {
  private let bytes: GGUFFile
  private let sentencePiece: GGUFFile

  /// Tokens in `bytes`.
  private let count: Int

  init() throws {
    bytes = try GGUFFile(bytes: fixture("Tokenizers/specials-bytes.vocabulary"))
    count = try bytes.metadata.required("tokenizer.ggml.tokens", GGUFMetadata.strings).count
    sentencePiece = try GGUFFile(bytes: fixture("Tokenizers/sentencepiece.vocabulary"))
  }

  private func problem(_ file: GGUFFile) -> TokenizerError.Problem? {
    do throws(TokenizerError) {
      _ = try Tokenizer(file)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test func `unknown pre-tokenizers and vocabularies are refused by name`() throws {
    #expect(
      problem(try bytes.with(["tokenizer.ggml.pre": .string("tekken")])) == .unsupportedPreTokenizer("tekken"))
    #expect(problem(try bytes.with(["tokenizer.ggml.pre": .string("")])) == .unsupportedPreTokenizer(""))
    #expect(problem(try bytes.with(["tokenizer.ggml.model": .string("bert")])) == .unsupportedModel("bert"))
  }

  @Test func `a file without a pre-tokenizer gets the default one, with a warning`() throws {
    let tokenizer = try Tokenizer(bytes.with(without: ["tokenizer.ggml.pre"]))
    let standard = try Tokenizer(bytes.with(["tokenizer.ggml.pre": .string("default")]))
    #expect(tokenizer.warnings.count == 1)
    #expect(standard.warnings.isEmpty)
    let text = "12345 a+b"
    #expect(tokenizer.encode(text, parseSpecial: false) == standard.encode(text, parseSpecial: false))
  }

  @Test func `counts that disagree are refused`() throws {
    #expect(
      problem(try bytes.with(["tokenizer.ggml.token_type": .array(.int32([1, 3]))]))
        == .wrongCount(key: "tokenizer.ggml.token_type", expected: count, actual: 2))
    #expect(
      problem(try sentencePiece.with(["tokenizer.ggml.scores": .array(.float32([1]))]))
        == .wrongCount(key: "tokenizer.ggml.scores", expected: 1200, actual: 1))
    #expect(problem(try bytes.with(["tokenizer.ggml.tokens": .array(.string([]))])) == .emptyVocabulary)
  }

  @Test func `missing and wrong keys are refused`() throws {
    for key in ["model", "tokens", "merges"] {
      let name = "tokenizer.ggml.\(key)"
      #expect(
        problem(try bytes.with(without: [name]))
          == .metadata(GGUFError(file: "memory", problem: .missingKey(name))))
      guard case .metadata(let error) = problem(try bytes.with([name: .bool(true)])) else {
        Issue.record("\(name) of another type")
        continue
      }
      #expect(error.description.contains(name))
    }
    #expect(
      problem(try bytes.with(["tokenizer.ggml.eos_token_id": .uint32(UInt32(count))]))
        == .tokenOutOfRange(key: "tokenizer.ggml.eos_token_id", id: count, count: count))
    #expect(
      problem(try bytes.with(["tokenizer.ggml.merges": .array(.string(["a b", "ab"]))]))
        == .malformedMerge(index: 1, text: "ab"))
    let long = String(repeating: "a", count: 5000)
    #expect(
      problem(
        try sentencePiece.with(
          ["tokenizer.ggml.tokens": .array(.string([long]))],
          without: Set(
            ["scores", "token_type", "bos_token_id", "eos_token_id", "unknown_token_id"].map { "tokenizer.ggml.\($0)" })
        )) == .oversizedToken(id: 0, bytes: 5000))
  }

  @Test func `the beginning of the sequence follows the file, then the caller`() throws {
    let plain = try Tokenizer(bytes)
    let bos = try #require(plain.bos)
    #expect(plain.encode("", parseSpecial: false) == [])
    #expect(plain.encode("", parseSpecial: false, addBOS: true) == [bos])
    let llama3 = try Tokenizer(
      bytes.with(["tokenizer.ggml.pre": .string("llama-bpe")], without: ["tokenizer.ggml.add_bos_token"]))
    #expect(llama3.encode("", parseSpecial: false) == [bos])
    let none = try Tokenizer(bytes.with(without: ["tokenizer.ggml.bos_token_id"]))
    #expect(none.bos == nil)
    #expect(none.encode("", parseSpecial: false, addBOS: true) == [])
    #expect(try Tokenizer(sentencePiece).encode("", parseSpecial: false) == [1])
  }

  @Test func `generation ends at the named tokens and at those with telling names`() throws {
    let tokenizer = try Tokenizer(bytes.with(["tokenizer.ggml.eot_token_id": .uint32(7)]))
    #expect(tokenizer.endOfGeneration == [7, try #require(tokenizer.eos)])
    #expect(try Tokenizer(sentencePiece).endOfGeneration == [2])
    let names = try Tokenizer(bytes.with(without: ["tokenizer.ggml.eos_token_id"]))
    #expect(names.endOfGeneration.map(names.piece) == ["<|im_end|>"])
  }

  @Test func `canonically equivalent tokens stay different`() throws {
    // Swift's strings would call them equal.
    let tokenizer = try Tokenizer(
      sentencePiece.with([
        "tokenizer.ggml.tokens": .array(.string(["<unk>", "é", "e\u{301}", "e", "\u{301}"])),
        "tokenizer.ggml.scores": .array(.float32([0, -1, -2, -3, -4])),
        "tokenizer.ggml.token_type": .array(.int32([2, 1, 1, 1, 1])),
        "tokenizer.ggml.add_space_prefix": .bool(false), "tokenizer.ggml.bos_token_id": .uint32(0),
        "tokenizer.ggml.eos_token_id": .uint32(0),
      ]))
    #expect(tokenizer.encode("é", parseSpecial: false, addBOS: false) == [1])
    #expect(tokenizer.encode("e\u{301}", parseSpecial: false, addBOS: false) == [2])
  }

  @Test(arguments: 0..<50) func `damaged vocabularies never crash`(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    var damaged = try fixture(
      seed.isMultiple(of: 2) ? "Tokenizers/specials-bytes.vocabulary" : "Tokenizers/sentencepiece.vocabulary")
    for _ in 0..<40 {
      damaged[Int.random(in: 24..<damaged.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    guard let tokenizer = try? Tokenizer(GGUFFile(bytes: damaged)) else { return }
    let tokens = tokenizer.encode("<|im_start|>The   quick\n\n123 été 日本 <tool>\u{0}", parseSpecial: true)
    _ = tokenizer.decode(tokens)
    _ = tokenizer.decode(0..<TokenID(tokenizer.vocabularyCount))
  }
}
