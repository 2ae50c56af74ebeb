package import Metrics

/// One thing to compute of a reference and a prediction.
package enum PairMetric: Hashable, Sendable {
  case rouge(ROUGEVariant)
  /// Sentence BLEU with effective order, as sacrebleu's `sentence_bleu`; the summary has the corpus score.
  case bleu
  case chrf
  case chrfPlusPlus
  case exactMatch
  /// Overlap of words as in question answering.
  case squad(SQuAD.Version)
  case task(GradingTask)

  package static let standard = ROUGEVariant.standard.map(PairMetric.rouge)

  /// Reads a name of ``names``; anything else is `nil`.
  package init?(name: String) {
    switch name {
    case "bleu": self = .bleu
    case "chrf": self = .chrf
    case "chrf++": self = .chrfPlusPlus
    case "exact_match": self = .exactMatch
    case "squad_f1": self = .squad(.v1_1)
    case "squad2_f1": self = .squad(.v2)
    default:
      guard let variant = ROUGEVariant(name: name) else { return nil }
      self = .rouge(variant)
    }
  }

  package static let names = [
    "rouge1 to rouge9", "rougeL", "rougeLsum", "bleu", "chrf", "chrf++", "exact_match", "squad_f1", "squad2_f1",
  ]

  /// The member that the score gets in the output.
  package var name: String {
    switch self {
    case .rouge(let variant): variant.name
    case .bleu: "bleu"
    case .chrf: "chrf"
    case .chrfPlusPlus: "chrf++"
    case .exactMatch: "exact_match"
    case .squad(.v1_1): "squad_f1"
    case .squad(.v2): "squad2_f1"
    case .task(let task): task.rawValue
    }
  }
}
