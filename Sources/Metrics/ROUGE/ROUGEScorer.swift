/// ROUGE exactly as rouge-score 0.1.2 computes it, at the speed of integers.
///
/// Words are numbered once, stemmed once and compared as integers; the buffers are kept from pair to pair. Therefore a
/// scorer belongs to one thread: make one for each. Scores do not depend on what was scored before.
///
/// Edge cases: texts without a token (empty, punctuation only, no Latin letters or digits) score zero in all three
/// numbers. Time is linear in the texts but for the subsequences (|reference|·|prediction|/64).
package final class ROUGEScorer {
  package let variants: [ROUGEVariant]
  package let stemming: Bool
  package let sentences: SentenceSplitter
  private var workspace: Workspace

  /// - Parameter stemming: reduce words of more than three letters to their stem (Porter, NLTK's mode), as MLPerf does.
  package init(
    variants: [ROUGEVariant] = ROUGEVariant.standard, stemming: Bool = true, sentences: SentenceSplitter = .newline
  ) {
    precondition(
      variants.allSatisfy { if case .n(let n) = $0 { n > 0 } else { true } }, "n-grams have at least one token")
    self.variants = variants
    self.stemming = stemming
    self.sentences = sentences
    workspace = Workspace(stemmer: stemming ? PorterStemmer() : nil)
  }

  /// The scores of one prediction, in the order of `variants`.
  package func score(reference: String, prediction: String) -> [PrecisionRecall] {
    score(reference: reference.utf8.span, prediction: prediction.utf8.span)
  }

  /// The scores of one prediction as UTF-8. Bytes that are not UTF-8 separate words.
  package func score(reference: Span<UInt8>, prediction: Span<UInt8>) -> [PrecisionRecall] {
    reference.withUnsafeBufferPointer { reference in
      prediction.withUnsafeBufferPointer { prediction in
        workspace.score(reference, prediction, variants, sentences)
      }
    }
  }

  /// Each variant's score against the reference where its F is largest; the first of equals. No reference scores zero.
  ///
  /// Source: rouge-score 0.1.2, `score_multi`.
  package func score(references: [String], prediction: String) -> [PrecisionRecall] {
    var best: [PrecisionRecall]?
    for reference in references {
      let scores = score(reference: reference, prediction: prediction)
      best = best.map { zip($0, scores).map { $1.fMeasure > $0.fMeasure ? $1 : $0 } } ?? scores
    }
    return best ?? variants.map { _ in .zero }
  }

  /// What the score of a variant depends on.
  package func signature(for variant: ROUGEVariant) -> Signature {
    let stemmer = stemming ? "porter-nltk" : "none"
    return variant == .lsum
      ? Signature(variant.name, ["stem": stemmer, "sent": sentences.name, "tok": "rouge-score-0.1.2"])
      : Signature(variant.name, ["stem": stemmer, "tok": "rouge-score-0.1.2"])
  }
}

/// The buffers of one scorer.
struct Workspace: ~Copyable {
  private var pair: TokenizedPair
  private var nGrams = NGramOverlap()
  private var subsequence = LongestCommonSubsequence()
  private var summary = SummaryOverlap()

  init(stemmer: PorterStemmer?) { pair = TokenizedPair(stemmer: stemmer) }

  mutating func score(
    _ reference: UnsafeBufferPointer<UInt8>, _ prediction: UnsafeBufferPointer<UInt8>, _ variants: [ROUGEVariant],
    _ sentences: SentenceSplitter
  ) -> [PrecisionRecall] {
    pair.read(reference: reference, prediction: prediction, sentences: sentences)
    let relevant = pair.reference.tokens.count
    let predicted = pair.prediction.tokens.count
    nGrams.measure(
      reference: pair.reference.tokens.elements, prediction: pair.prediction.tokens.elements,
      distinct: pair.distinctCount, upTo: Self.highestOrder(variants))
    return variants.map { variant in
      switch variant {
      case .n(let n):
        PrecisionRecall(hits: nGrams.hits[n], predicted: max(predicted - n + 1, 0), relevant: max(relevant - n + 1, 0))
      case .l:
        PrecisionRecall(hits: subsequence.length(pair), predicted: predicted, relevant: relevant)
      case .lsum:
        PrecisionRecall(hits: summary.hits(pair), predicted: predicted, relevant: relevant)
      }
    }
  }

  private static func highestOrder(_ variants: [ROUGEVariant]) -> Int {
    variants.reduce(0) { highest, variant in
      if case .n(let n) = variant { max(highest, n) } else { highest }
    }
  }
}
