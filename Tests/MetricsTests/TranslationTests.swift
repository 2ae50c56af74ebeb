import Testing

@testable import Metrics

@Suite struct `BLEU and chrF equal sacrebleu 2.6.0` {
  struct BLEURow: Decodable {
    let score: Double
    let counts: [Double]
    let totals: [Double]
    let precisions: [Double]
    let bp: Double
    let sys_len: Int
    let ref_len: Int
    let format: String
    let signature: String
    let signature_short: String
  }

  struct CHRFRow: Decodable {
    let score: Double
    let format: String
    let signature: String
  }

  struct Segment {
    let hypothesis: String
    let references: [String?]
  }

  struct Row: Decodable {
    let id: String
    let hypotheses: [String]?
    let hypothesis: String?
    let references: [[String?]]?
    let bleu: [String: BLEURow]
    let chrf: [String: CHRFRow]

    var segments: [Segment] {
      zip(hypotheses ?? [], references ?? []).map { Segment(hypothesis: $0, references: $1) }
    }
  }

  struct SentenceRow: Decodable {
    let id: String
    let hypothesis: String
    let references: [String?]
    let bleu: [String: BLEURow]
    let chrf: [String: CHRFRow]
  }

  static let bleu: [String: BLEU] = [
    "default": BLEU(), "lowercase": BLEU(lowercase: true), "effective_order": BLEU(effectiveOrder: true),
    "smooth_none": BLEU(smoothing: .none), "smooth_floor": BLEU(smoothing: .floor(0.1)),
    "smooth_floor_0.5": BLEU(smoothing: .floor(0.5)), "smooth_add_k": BLEU(smoothing: .addK(1)),
    "tok_none": BLEU(tokenizer: .none), "tok_char": BLEU(tokenizer: .char),
  ]

  static let chrf: [String: CHRF] = [
    "chrf": CHRF(), "chrf++": CHRF(wordOrder: 2), "chrf_lc": CHRF(lowercase: true), "chrf_ws": CHRF(whitespace: true),
    "chrf_eps": CHRF(epsilonSmoothing: true), "chrf++_eps": CHRF(wordOrder: 2, epsilonSmoothing: true),
    "chrf_beta1": CHRF(beta: 1),
  ]

  @Test func `on every golden corpus`() throws {
    for row in try golden("translation/bleu-corpus", as: Row.self) {
      try check(row.id, row.segments, row.bleu, row.chrf)
    }
  }

  @Test func `on every golden sentence`() throws {
    for row in try golden("translation/bleu-sentence", as: SentenceRow.self) {
      try check(row.id, [Segment(hypothesis: row.hypothesis, references: row.references)], row.bleu, row.chrf)
    }
  }

  private func check(_ id: String, _ segments: [Segment], _ bleu: [String: BLEURow], _ chrf: [String: CHRFRow]) throws {
    try #require(!segments.isEmpty)
    let counts = Set(segments.map { $0.references.compactMap { $0 }.count })
    let references = counts.count == 1 ? counts.first : nil
    for (name, row) in bleu {
      let metric = try #require(Self.bleu[name], "\(name)")
      let score = metric.score(
        segments.reduce(.zero) { $0 + metric.tally(hypothesis: $1.hypothesis, references: $1.references) })
      let context: Comment = "\(id) \(name)"
      #expect(abs(score.value - row.score) <= 1e-12 * max(row.score, 1), context)
      #expect(score.correct == row.counts, context)
      #expect(score.total == row.totals, context)
      #expect(zip(score.precisions, row.precisions).allSatisfy { abs($0 - $1) <= 1e-12 * max($1, 1) }, context)
      #expect(abs(score.brevityPenalty - row.bp) <= 1e-12, context)
      #expect(score.tally.hypothesisLength == row.sys_len, context)
      #expect(score.tally.referenceLength == row.ref_len, context)
      #expect(score.description == row.format, context)
      let signature = metric.signature(references: references).withVersion("2.6.0")
      #expect(signature.withoutName == row.signature, context)
      #expect(signature.short == row.signature_short, context)
    }
    for (name, row) in chrf {
      let metric = try #require(Self.chrf[name], "\(name)")
      let score = metric.score(
        segments.reduce(.zero) { $0 + metric.tally(hypothesis: $1.hypothesis, references: $1.references) })
      let context: Comment = "\(id) \(name)"
      #expect(abs(score - row.score) <= 1e-12 * max(row.score, 1), context)
      #expect(metric.format(score) == row.format, context)
      #expect(metric.signature(references: references).withVersion("2.6.0").withoutName == row.signature, context)
    }
  }

  @Test func `in the words of 13a`() throws {
    struct Row: Decodable {
      let text: String
      let tokens: [String]
    }
    for row in try golden("translation/13a", as: Row.self) {
      #expect(TranslationTokenizer.mteval13a.tokens(of: row.text).map(\.scalars) == row.tokens.map(\.scalars))
    }
  }

  @Test func `in the words of the other tokenizers`() throws {
    struct Row: Decodable {
      let text: String
      let zh: [String]
      let intl: [String]
      let char: [String]
    }
    for row in try golden("translation/tokenizers", as: Row.self) {
      #expect(TranslationTokenizer.zh.tokens(of: row.text).map(\.scalars) == row.zh.map(\.scalars), "\(row.text)")
      #expect(TranslationTokenizer.intl.tokens(of: row.text).map(\.scalars) == row.intl.map(\.scalars), "\(row.text)")
      #expect(TranslationTokenizer.char.tokens(of: row.text).map(\.scalars) == row.char.map(\.scalars), "\(row.text)")
    }
  }
}

@Suite struct `BLEU and chrF` {
  @Test func `of nothing are zero`() {
    #expect(BLEU().score(.zero).value == 0)
    #expect(BLEU().score(BLEU().tally(hypothesis: "", references: [])).description.hasPrefix("BLEU = 0.00 0.0/0.0"))
    #expect(CHRF().score(.zero) == 0)
    #expect(CHRF().tally(hypothesis: "a", references: []) == .zero)
  }

  @Test func `are functions of sums, so that a corpus can be scored in parts`() {
    let metric = BLEU()
    let tallies = ["a b c d e", "a b c d"].map { metric.tally(hypothesis: $0, references: ["a b c d f"]) }
    let sum = tallies[0] + tallies[1]
    #expect(sum - tallies[1] == tallies[0])
    #expect(sum.hypothesisLength == 9)
  }

  @Test func `tell canonically equivalent spellings apart, as Python does`() {
    #expect(BLEU(tokenizer: .none).tally(hypothesis: "caf\u{E9}", references: ["cafe\u{301}"]).correct[0] == 0)
  }
}
