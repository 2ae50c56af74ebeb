import Metrics
import Testing

@Suite struct `ROUGE equals rouge-score 0.1.2` {
  struct Row: Decodable {
    let id: String?
    let reference: String?
    let references: [String]?
    let prediction: String
    let stem: [String: [Double]]
    let nostem: [String: [Double]]
  }

  static let variants: [ROUGEVariant] = [.n(1), .n(2), .n(3), .l, .lsum]

  @Test(arguments: [true, false])
  func `on every golden pair`(stemming: Bool) throws {
    let scorer = ROUGEScorer(variants: Self.variants, stemming: stemming)
    for row in try golden("rouge/pairs", as: Row.self) {
      let scores = scorer.score(reference: row.reference ?? "", prediction: row.prediction)
      check(scores, row, stemming)
    }
  }

  @Test(arguments: [true, false])
  func `on the worked examples of the literature`(stemming: Bool) throws {
    let scorer = ROUGEScorer(variants: Self.variants, stemming: stemming)
    for row in try golden("rouge/worked", as: Row.self) {
      check(scorer.score(reference: row.reference ?? "", prediction: row.prediction), row, stemming)
    }
  }

  @Test(arguments: [true, false])
  func `on several references`(stemming: Bool) throws {
    let scorer = ROUGEScorer(variants: Self.variants, stemming: stemming)
    for row in try golden("rouge/multi", as: Row.self) {
      check(scorer.score(references: row.references ?? [], prediction: row.prediction), row, stemming)
    }
  }

  @Test func `in its tokens`() throws {
    struct Row: Decodable {
      let text: String
      let tokens: [String]
      let stemmed: [String]
    }
    for row in try golden("rouge/tokens", as: Row.self) {
      #expect(rougeTokens(of: row.text, stemmer: nil) == row.tokens)
      #expect(rougeTokens(of: row.text, stemmer: PorterStemmer()) == row.stemmed)
    }
  }

  private func check(_ scores: [PrecisionRecall], _ row: Row, _ stemming: Bool) {
    #expect(scores.count == Self.variants.count)
    for (variant, score) in zip(Self.variants, scores) {
      let expected = (stemming ? row.stem : row.nostem)[variant.name] ?? []
      expect(score, matches: expected, "\(row.id ?? row.prediction) \(variant)")
    }
  }
}
