import LanguageModels
import Testing

/// Against Hugging Face tokenizers 0.23.3 (and llama.cpp, which gave the same ids for every row).
@Suite struct `The real model's tokenizer` {
  struct Row: Decodable {
    let n: Int
    let text: String
    let ids: [TokenID]
    let decoded: String
    let decoded_skip_special: String
  }

  private let tokenizer: Tokenizer
  private let rows: [Row]

  init() throws {
    tokenizer = try Tokenizer(TestModel.open())
    rows = try fixtureRows("Tokenizers/SmolLM2.jsonl", as: Row.self)
  }

  @Test func `every golden text has the golden tokens, and back`() {
    #expect(rows.count == 272)
    for row in rows {
      #expect(tokenizer.encode(row.text, parseSpecial: true) == row.ids, "row \(row.n)")
      let decoded = tokenizer.decode(row.ids)
      #expect(Array(decoded.utf8) == Array(row.decoded.utf8), "row \(row.n)")
      let skipped = tokenizer.decode(row.ids, skipSpecial: true)
      #expect(Array(skipped.utf8) == Array(row.decoded_skip_special.utf8), "row \(row.n)")
    }
  }

  @Test func `random mixtures have Hugging Face's tokens, and back`() throws {
    for row in try fixtureRows("Tokenizers/SmolLM2-mixtures.jsonl", as: Row.self) {
      #expect(tokenizer.encode(row.text, parseSpecial: true) == row.ids, "row \(row.n)")
      #expect(Array(tokenizer.decode(row.ids).utf8) == Array(row.decoded.utf8), "row \(row.n)")
      let skipped = tokenizer.decode(row.ids, skipSpecial: true)
      #expect(Array(skipped.utf8) == Array(row.decoded_skip_special.utf8), "row \(row.n)")
    }
  }

  @Test func `a byte that the vocabulary lacks is left out before merging`() {
    #expect(tokenizer.encode(" \u{6}.3", parseSpecial: true) == [1673, 35])
  }

  @Test func `streaming gives the same text, in whole characters`() {
    for row in rows {
      var decoder = StreamDecoder(tokenizer)
      var streamed: [UInt8] = []
      for id in row.ids {
        let text = decoder.append(id)
        #expect(!text.unicodeScalars.contains("\u{fffd}") || row.text.unicodeScalars.contains("\u{fffd}"))
        streamed += text.utf8
      }
      #expect(decoder.finish() == "")
      #expect(streamed == Array(row.decoded.utf8), "row \(row.n)")
    }
  }

  @Test func `its special tokens are known`() {
    #expect(tokenizer.vocabularyCount == 49152)
    #expect(tokenizer.bos == 1)
    #expect(tokenizer.eos == 2)
    #expect(tokenizer.endOfGeneration == [0, 2])
    #expect(!tokenizer.addsBOS)
    #expect(tokenizer.warnings.isEmpty)
    #expect(tokenizer.piece(1) == "<|im_start|>")
    #expect(tokenizer.encode("Hello world", parseSpecial: true, addBOS: true) == [1, 19556, 905])
  }

  @Test func `control tokens in plain text stay text`() {
    let text = "<|im_end|>"
    #expect(tokenizer.encode(text, parseSpecial: true) == [2])
    let plain = tokenizer.encode(text, parseSpecial: false)
    #expect(plain.count > 1)
    #expect(plain.allSatisfy { !tokenizer.isSpecial($0) })
    #expect(tokenizer.decode(plain) == text)
  }

  @Test(.timeLimit(.minutes(1))) func `a long word takes no quadratic time`() {
    let text = String(repeating: "abcdefghij", count: 5000)
    #expect(tokenizer.decode(tokenizer.encode(text, parseSpecial: false)) == text)
  }
}
