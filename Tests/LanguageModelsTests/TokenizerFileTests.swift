import Foundation
import Testing

@testable import LanguageModels

/// `tokenizer.json` in the configurations of the common families, against Hugging Face tokenizers 0.23.3.
@Suite struct TokenizerFileTests {
  struct Row: Decodable {
    let text: String
    let ids, whole: [TokenID]
    let decoded, skipped: String
  }

  static let families = [
    "gpt2", "prefix_space", "smollm", "llama3", "qwen2", "punctuation", "words", "llama2", "mistral", "gemma",
    "unigram",
    "unigram_precompiled", "unigram_bytes",
  ]

  static func tokenizer(_ name: String) throws -> Tokenizer {
    let json = try JSONParser.parse(fixture("TokenizerFiles/\(name).json"))
    return try Tokenizer(TokenizerFile(json), FolderTokens(), vocabularySize: 0)
  }

  @Test(arguments: families)
  func `every text has Hugging Face's tokens, and back`(name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let rows = try fixtureRows("TokenizerFiles/\(name).jsonl", as: Row.self)
    #expect(rows.count > 140)
    for row in rows {
      #expect(tokenizer.encode(row.text, parseSpecial: true, addBOS: false) == row.ids, "\(row.text)")
      #expect(tokenizer.encode(row.text, parseSpecial: true) == row.whole, "\(row.text)")
      #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.decoded.utf8), "\(row.text)")
      #expect(Array(tokenizer.decode(row.ids, skipSpecial: true).utf8) == Array(row.skipped.utf8), "\(row.text)")
    }
  }

  @Test func `special tokens in a user's text are only text`() throws {
    let tokenizer = try Self.tokenizer("llama3")
    let tokens = tokenizer.encode("<|im_start|>user", parseSpecial: false, addBOS: false)
    #expect(!tokens.contains { tokenizer.isSpecial($0) })
    #expect(tokenizer.decode(tokens) == "<|im_start|>user")
  }

  @Test(arguments: [
    ("\"type\":\"BPE\"", "\"type\":\"WordPiece\""), ("\"type\":\"ByteLevel\"", "\"type\":\"Bits\""),
    ("\"continuing_subword_prefix\":null", "\"continuing_subword_prefix\":\"##\""),
    ("\"dropout\":null", "\"dropout\":0.1"), ("\"id\":520", "\"id\":-1"), ("\"id\":520", "\"id\":99999999999"),
    ("\"content\":\"<s>\"", "\"content\":\"\""), ("\"!\":0", "\"!\":\"0\""),
  ])
  func `what is not known or makes no sense is refused by name`(old: String, new: String) throws {
    let text = String(decoding: try fixture("TokenizerFiles/gpt2.json"), as: UTF8.self)
    #expect(text.contains(old))
    let json = try JSONParser.parse(Array(text.replacing(old, with: new).utf8))
    #expect(throws: TokenizerError.Problem.self) { try TokenizerFile(json) }
  }

  @Test(arguments: 0..<60) func `damaged files never crash`(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    let name = try #require(Self.families.randomElement(using: &random))
    var bytes = try fixture("TokenizerFiles/\(name).json")
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0x20...0x7e, using: &random)
    }
    guard let json = try? JSONParser.parse(bytes), let file = try? TokenizerFile(json) else { return }
    let tokenizer = Tokenizer(file, FolderTokens(), vocabularySize: 0)
    for text in ["Hello <s> wörld  12\n", "日本 ﬁ <mask> name", ""] {
      _ = tokenizer.decode(tokenizer.encode(text, parseSpecial: true))
    }
  }
}
