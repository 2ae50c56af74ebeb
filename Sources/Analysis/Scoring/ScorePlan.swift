package import Metrics

/// What is computed of every pair.
package struct ScorePlan: Sendable {
  package let metrics: [PairMetric]
  package let stemming: Bool
  package let sentences: SentenceSplitter
  /// Stop at the first broken line instead of going on without it.
  package let isStrict: Bool
  /// Keep every pair's scores for a bootstrap, 24 bytes a pair and ROUGE metric.
  package let keepsScores: Bool

  package init(
    metrics: [PairMetric] = PairMetric.standard, stemming: Bool = true, sentences: SentenceSplitter = .newline,
    isStrict: Bool = false, keepsScores: Bool = false
  ) {
    self.metrics = metrics
    self.stemming = stemming
    self.sentences = sentences
    self.isStrict = isStrict
    self.keepsScores = keepsScores
  }

  var rougeVariants: [ROUGEVariant] {
    metrics.compactMap { if case .rouge(let variant) = $0 { variant } else { nil } }
  }

  var needsChoices: Bool {
    metrics.contains { if case .task(let task) = $0 { task.needsChoices } else { false } }
  }

  // For single segments sacrebleu leaves out the orders that a segment is too short for; for a corpus it does not.
  static let segmentBLEU = BLEU(effectiveOrder: true)
  static let corpusBLEU = BLEU()

  func chrf(_ metric: PairMetric) -> CHRF { CHRF(wordOrder: metric == .chrfPlusPlus ? 2 : 0) }

  /// Everything that can change the scores of a metric.
  /// - Parameter references: how many references every pair has, or `nil` when their number varies.
  package func signature(of metric: PairMetric, references: Int?) -> Signature {
    switch metric {
    case .rouge(let variant):
      ROUGEScorer(variants: [], stemming: stemming, sentences: sentences).signature(for: variant)
    case .bleu: Self.segmentBLEU.signature(references: references)
    case .chrf, .chrfPlusPlus: chrf(metric).signature(references: references)
    case .exactMatch: ExactMatch().signature
    case .squad(let version): SQuAD(version: version).signature
    case .task(let task): task.signature
    }
  }
}
