import Testing

@testable import Metrics

@Suite struct `A ROUGE scorer` {
  let scorer = ROUGEScorer(variants: [.n(1), .n(2), .n(9), .l, .lsum])

  @Test(arguments: ["", " \n\t", "...", "日本語だけ", "🙂🙂", "\u{0}", "\r\n\r\n"])
  func `gives zero for text without a token`(text: String) {
    for (reference, prediction) in [(text, text), (text, "a b"), ("a b", text)] {
      #expect(scorer.score(reference: reference, prediction: prediction).allSatisfy { $0 == .zero })
    }
  }

  @Test func `does not remember the previous pair`() {
    let fresh = scorer.score(reference: "the cat sat", prediction: "the cat sat on the mat")
    _ = scorer.score(reference: String(repeating: "one two three\n", count: 500), prediction: "three two one")
    #expect(scorer.score(reference: "the cat sat", prediction: "the cat sat on the mat") == fresh)
  }

  @Test func `forgets old words when it has seen very many, without changing a score`() {
    let scorer = ROUGEScorer(variants: [.n(1)], stemming: false)
    let expected = scorer.score(reference: "running dogs bark", prediction: "a dog barks while running")
    for block in 0..<3 {
      let words = (0..<TokenTable.wordLimit / 2).map { "word\(block)x\($0)" }.joined(separator: " ")
      #expect(scorer.score(reference: words, prediction: words)[0].fMeasure == 1)
    }
    #expect(scorer.score(reference: "running dogs bark", prediction: "a dog barks while running") == expected)
  }

  @Test func `tells long words apart that begin alike`() {
    let long = String(repeating: "q", count: 40)
    let score = scorer.score(reference: long + "a", prediction: long + "b")
    #expect(score[0] == .zero)
    #expect(scorer.score(reference: long + "a", prediction: (long + "a").uppercased())[0].fMeasure == 1)
  }

  @Test func `reads bytes that are not UTF-8 as separators`() {
    let reference: [UInt8] = [0x61, 0xFF, 0x62, 0xE2]
    let prediction: [UInt8] = [0x61, 0x20, 0x62, 0xC4]
    #expect(scorer.score(reference: reference.span, prediction: prediction.span)[0].fMeasure == 1)
  }

  @Test func `lower-cases the Kelvin sign and the dotted capital I as Python does`() {
    #expect(rougeTokens(of: "\u{212A}elvin İstanbul", stemmer: nil) == ["kelvin", "i", "stanbul"])
  }

  @Test func `scores a text of 100,000 tokens against itself`() {
    let text = (0..<100_000).map { "w\($0 % 7919)" }.joined(separator: " ")
    let scores = ROUGEScorer(variants: [.n(1), .n(2)], stemming: false).score(reference: text, prediction: text)
    #expect(scores.allSatisfy { $0.fMeasure == 1 })
  }

  @Test func `takes the first of several equally good references`() {
    let scorer = ROUGEScorer(variants: [.n(1)])
    let first = scorer.score(references: ["a b", "b a"], prediction: "a")
    #expect(first == scorer.score(reference: "a b", prediction: "a"))
    #expect(scorer.score(references: [], prediction: "a") == [.zero])
  }

  @Test func `signs its scores`() {
    #expect(
      scorer.signature(for: .lsum).description
        == "rougeLsum|stem:porter-nltk|sent:newline|tok:rouge-score-0.1.2|version:assay-0.1.0")
    let plain = ROUGEScorer(stemming: false)
    #expect(plain.signature(for: .n(2)).description == "rouge2|stem:none|tok:rouge-score-0.1.2|version:assay-0.1.0")
  }

  @Test func `knows the names of rouge-score, and no others`() {
    for name in ["rouge1", "rouge9", "rougeL", "rougeLsum"] { #expect(ROUGEVariant(name: name)?.name == name) }
    for name in ["rouge0", "rouge", "rouge10", "rougeW", "ROUGE1", "rouge1 ", ""] {
      #expect(ROUGEVariant(name: name) == nil)
    }
  }
}
