import LanguageModels
import Testing

/// Small vocabularies, against Hugging Face tokenizers and SentencePiece (see the fixtures' HOW-MADE.md).
@Suite struct `Tokenizers of small vocabularies` {
  /// Built once: a debug build takes its time.
  private static let tokenizers = Result {
    try Dictionary(
      uniqueKeysWithValues: ["bytes", "sentencepiece"].map {
        ($0, try Tokenizer(GGUFFile(bytes: fixture("Tokenizers/specials-\($0).vocabulary"))))
      })
  }

  private static func shared(_ name: String) throws -> Tokenizer { try #require(tokenizers.get()[name]) }

  struct Row: Decodable {
    let text: String
    let ids: [TokenID]
    let pre: String?
    let decoded: String?
  }

  @Test(arguments: ["gpt-2", "smollm", "llama-bpe", "smaug-bpe", "qwen2", "default", "falcon"])
  func `pre-tokenizers cut text as their regular expressions do`(name: String) throws {
    let vocabulary = try GGUFFile(bytes: fixture("Tokenizers/bytes.vocabulary"))
    let tokenizer = try Tokenizer(vocabulary.with(["tokenizer.ggml.pre": .string(name)]))
    let rows = try fixtureRows("Tokenizers/pre-tokenizers.jsonl", as: Row.self).filter { $0.pre == name }
    #expect(rows.count == 251)
    for row in rows {
      #expect(tokenizer.encode(row.text, parseSpecial: true, addBOS: false) == row.ids, "\(row.text.debugDescription)")
      #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.text.utf8))
    }
  }

  @Test func `SentencePiece vocabularies give SentencePiece's tokens`() throws {
    let tokenizer = try Tokenizer(GGUFFile(bytes: fixture("Tokenizers/sentencepiece.vocabulary")))
    #expect(tokenizer.addsBOS)
    #expect((tokenizer.bos, tokenizer.eos) == (1, 2))
    for row in try fixtureRows("Tokenizers/sentencepiece.jsonl", as: Row.self) {
      #expect(tokenizer.encode(row.text, parseSpecial: false, addBOS: false) == row.ids, "\(row.text.debugDescription)")
      #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.decoded!.utf8), "\(row.text.debugDescription)")
    }
  }

  struct SpecialRow: Decodable {
    let vocabulary: String
    let pre: String
    let text: String
    let parse_special: Bool
    let add_special: Bool
    let ids: [TokenID]
  }

  @Test func `special tokens are cut out as llama.cpp does`() throws {
    let rows = try fixtureRows("Tokenizers/specials.jsonl", as: SpecialRow.self)
    #expect(rows.count == 216)
    var tokenizers: [String: Tokenizer] = [:]
    for row in rows {
      let name = row.vocabulary + row.pre
      if tokenizers[name] == nil {
        let file = try GGUFFile(bytes: fixture("Tokenizers/specials-\(row.vocabulary).vocabulary"))
        tokenizers[name] = try Tokenizer(file.with(["tokenizer.ggml.pre": .string(row.pre)]))
      }
      let tokens = tokenizers[name]!.encode(
        row.text, parseSpecial: row.parse_special, addBOS: row.add_special ? nil : false)
      #expect(tokens == row.ids, "\(row)")
    }
  }

  @Test(arguments: 0..<200) func `decoding piece by piece is decoding at once`(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    let name = seed.isMultiple(of: 2) ? "bytes" : "sentencepiece"
    let tokenizer = try Self.shared(name)
    let tokens = (0..<40).map { _ in
      // Mostly single bytes, so that characters are broken in every way.
      TokenID.random(in: 0..<(Bool.random(using: &random) ? 260 : TokenID(tokenizer.vocabularyCount)), using: &random)
    }
    for skipSpecial in [false, true] {
      var decoder = StreamDecoder(tokenizer, skipSpecial: skipSpecial)
      let pieces = tokens.map { decoder.append($0) } + [decoder.finish()]
      var bytes = tokens.filter { !skipSpecial || !tokenizer.isSpecial($0) }.flatMap { tokenizer.bytes(of: $0) }
      if name == "sentencepiece", bytes.first == UInt8(ascii: " "), !tokenizer.isSpecial(tokens[0]) {
        bytes.removeFirst()
      }
      #expect(pieces.flatMap { Array($0.utf8) } == Array(String(decoding: bytes, as: UTF8.self).utf8))
      #expect(Array(tokenizer.decode(tokens, skipSpecial: skipSpecial).utf8) == pieces.flatMap { Array($0.utf8) })
    }
  }

  @Test(arguments: 0..<100) func `random text survives the round trip`(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    let name = seed.isMultiple(of: 2) ? "bytes" : "sentencepiece"
    let tokenizer = try Self.shared(name)
    var text = String.UnicodeScalarView()
    for _ in 0..<60 {
      let ranges: [ClosedRange<UInt32>] = [
        0x20...0x7e, 0x20...0x7e, 0x9...0xd, 0xa0...0x2000, 0x3000...0xd7ff, 0x1f300...0x1faff,
      ]
      if let scalar = Unicode.Scalar(UInt32.random(in: ranges.randomElement(using: &random)!, using: &random)) {
        text.append(scalar)
      }
    }
    let tokens = tokenizer.encode(String(text), parseSpecial: false, addBOS: false)
    #expect(tokens.allSatisfy { !tokenizer.isSpecial($0) })
    #expect(Array(tokenizer.decode(tokens).utf8) == Array(String(text).utf8))
  }
}

extension GGUFFile {
  /// A file with the same metadata but for some keys, and no tensors.
  func with(_ changes: [String: GGUFValue] = [:], without removed: Set<String> = []) throws -> GGUFFile {
    var writer = GGUFWriter()
    for key in metadata.keys where !removed.contains(key) { writer.set(key, metadata[key]!) }
    for (key, value) in changes { writer.set(key, value) }
    var bytes: [UInt8] = []
    writer.write(to: { bytes += $0 }, data: { _ in [] })
    return try GGUFFile(bytes: bytes, name: path)
  }
}
