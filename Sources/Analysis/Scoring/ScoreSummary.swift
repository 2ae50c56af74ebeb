package import Metrics
import Statistics

/// The scores of a whole set of pairs, each with the signature without which it says nothing.
package struct ScoreSummary: Sendable {
  package struct Row: Sendable {
    package let metric: PairMetric
    package let signature: Signature
    /// The mean over pairs of F, of the score, or of right answers as 1; `nil` for no pairs.
    package let mean: Double?
    /// Only for measures with precision and recall.
    package let overlap: PrecisionRecall?
    /// The mean of shares in percent, as MLPerf's scripts print it.
    package let percent: Double?
    /// BLEU and chrF of all pairs as one text, which is not the mean of the pairs' scores.
    package let corpus: (score: Double, signature: Signature)?
    /// Predictions without an answer, for graded tasks.
    package let unanswered: Int?
    /// Precision, recall and number of questions of each letter, for multiple choice.
    package let letters: [(letter: String, score: PrecisionRecall, count: Int)]
    /// What is wrong with wrong solutions, most frequent first, for chains of calculations.
    package let faults: [(fault: String, count: Int)]
    /// Calculations checked in all solutions, and those that do not come out as written.
    package let steps: (checked: Int, wrong: Int)
    package let bootstrap: BootstrapInterval?
  }

  package let pairs: Int
  package let broken: Int
  package let rows: [Row]

  /// - Parameter bootstrapSeed: NumPy's seed; needs a plan that keeps scores.
  package init(_ tally: ScoreTally, plan: ScorePlan, bootstrapSeed: UInt32? = nil) {
    pairs = tally.pairs
    broken = tally.broken
    let metrics = zip(plan.metrics, tally.metrics)
    let columns = metrics.compactMap { metric, tally in metric.isROUGE ? tally.scores : nil }
    var intervals = (bootstrapSeed.map { ROUGEBootstrap(seed: $0).intervals(of: columns) } ?? [])[...]
    rows = metrics.map { metric, sums in
      Row(
        metric, sums, plan, references: tally.referenceCount,
        bootstrap: metric.isROUGE ? intervals.popFirst() ?? nil : nil)
    }
  }
}

extension PairMetric {
  fileprivate var isROUGE: Bool { if case .rouge = self { true } else { false } }
}

extension ScoreSummary.Row {
  fileprivate init(
    _ metric: PairMetric, _ tally: MetricTally, _ plan: ScorePlan, references: Int?, bootstrap: BootstrapInterval?
  ) {
    self.metric = metric
    self.bootstrap = bootstrap
    signature = plan.signature(of: metric, references: references)
    mean = tally.value.mean
    if let precision = tally.precision.mean, let recall = tally.recall.mean, let mean {
      overlap = PrecisionRecall(precision: precision, recall: recall, fMeasure: mean)
    } else {
      overlap = nil
    }
    switch metric {
    case .bleu:
      percent = nil
      corpus = tally.bleu.map {
        (ScorePlan.corpusBLEU.score($0).value, ScorePlan.corpusBLEU.signature(references: references))
      }
    case .chrf, .chrfPlusPlus:
      percent = nil
      corpus = tally.chrf.map { [signature] in (plan.chrf(metric).score($0), signature) }
    default:
      percent = mean.map { NumPy.round($0 * 100, decimals: 4) }
      corpus = nil
    }
    letters = tally.letters.labels.map { ($0, tally.letters.score(of: $0), tally.letters.support(of: $0)) }
    faults = tally.faults.map { ($0.key.rawValue, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    steps = tally.steps
    unanswered = if case .task = metric { tally.unanswered } else { nil }
  }
}
