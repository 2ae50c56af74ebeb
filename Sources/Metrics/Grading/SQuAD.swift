/// Question answering by overlap of words (Rajpurkar et al. 2016, 2018): exact match and F1 with precision and recall.
///
/// Source: the official `evaluate-v1.1.py` and `evaluate-v2.0.py`.
package struct SQuAD: Hashable, Sendable {
  package enum Version: String, CaseIterable, Sendable {
    /// Nothing in common scores 0, even when both sides are empty.
    case v1_1 = "1.1"
    /// Two empty answers agree, and gold answers that normalise to nothing are dropped.
    case v2 = "2.0"
  }

  package struct Score: Hashable, Sendable {
    package let exactMatch: Bool
    package let overlap: PrecisionRecall
  }

  package let version: Version

  package init(version: Version = .v1_1) { self.version = version }

  /// Lower case, without ASCII punctuation and the articles a, an, the, words separated by one space.
  package static func normalized(_ answer: String) -> String { words(of: answer).map(\.text).joined(separator: " ") }

  private static func words(of answer: String) -> [Scalars] {
    let text = answer.pythonLowercased.scalars.filter { !$0.isASCIIPunctuation }[...]
    return articles.replacing(in: text) { _ in [" "] }.pythonWords
  }

  private static let articles = PythonRegex(known: #"\b(a|an|the)\b"#)

  /// The best exact match and the best F1 over the gold answers, each by itself; the first of equals.
  package func score(prediction: String, references: [String]) -> Score {
    let predicted = Self.words(of: prediction)
    var golds = references.map(Self.words)
    if version == .v2 {
      golds.removeAll(where: \.isEmpty)
      if golds.isEmpty { golds = [[]] }
    }
    var best = PrecisionRecall.zero
    for overlap in golds.map({ overlap(predicted, $0) }) where overlap.fMeasure > best.fMeasure { best = overlap }
    return Score(exactMatch: golds.contains { predicted == $0 }, overlap: best)
  }

  private func overlap(_ predicted: [Scalars], _ gold: [Scalars]) -> PrecisionRecall {
    if version == .v2, predicted.isEmpty, gold.isEmpty { return PrecisionRecall(precision: 1, recall: 1) }
    var available: [Scalars: Int] = [:]
    for word in gold { available[word, default: 0] += 1 }
    var common = 0
    for word in predicted where available[word, default: 0] > 0 {
      available[word]! -= 1
      common += 1
    }
    return PrecisionRecall(hits: common, predicted: predicted.count, relevant: gold.count)
  }

  package var signature: Signature { Signature("squad", ["norm": "squad-\(version.rawValue)"]) }
}
