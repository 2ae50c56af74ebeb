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
  package func signature(of metric: PairMetric) -> Signature {
    switch metric {
    case .rouge(let variant):
      ROUGEScorer(variants: [], stemming: stemming, sentences: sentences).signature(for: variant)
    // How many references there are may vary from line to line.
    case .bleu: Self.segmentBLEU.signature(references: nil)
    case .chrf, .chrfPlusPlus: chrf(metric).signature(references: nil)
    case .exactMatch: ExactMatch().signature
    case .squad(let version): SQuAD(version: version).signature
    case .task(let task): task.signature
    }
  }
}
