/// How often a classifier is right, and how precise and complete each class is.
///
/// For graders that answer with one of a few labels (multiple choice, correct or not).
package struct Classification<Label: Hashable & Comparable & Sendable>: Sendable {
  /// Counts of (gold, predicted); a prediction may be missing.
  private var counts: [Pair: Int] = [:]

  private struct Pair: Hashable {
    var gold: Label
    var predicted: Label?
  }

  package init() {}

  package mutating func add(gold: Label, predicted: Label?) {
    counts[Pair(gold: gold, predicted: predicted), default: 0] += 1
  }

  package static func += (total: inout Classification, part: Classification) {
    total.counts.merge(part.counts, uniquingKeysWith: +)
  }

  package var count: Int { counts.values.reduce(0, +) }

  /// Right answers over all, unanswered ones included; `nil` for none.
  package var accuracy: Double? {
    let right = counts.reduce(0) { $0 + ($1.key.gold == $1.key.predicted ? $1.value : 0) }
    return count > 0 ? Double(right) / Double(count) : nil
  }

  /// How often the gold label is each label, in the labels' order.
  package var labels: [Label] { Set(counts.keys.flatMap { [$0.gold, $0.predicted ?? $0.gold] }).sorted() }

  /// Items whose gold label is this one.
  package func support(of label: Label) -> Int { counts.reduce(0) { $0 + ($1.key.gold == label ? $1.value : 0) } }

  /// precision = right / predicted as this label, recall = right / items of this label; 0 where there are none.
  package func score(of label: Label) -> PrecisionRecall {
    let predicted = counts.reduce(0) { $0 + ($1.key.predicted == label ? $1.value : 0) }
    return PrecisionRecall(
      hits: counts[Pair(gold: label, predicted: label)] ?? 0, predicted: predicted, relevant: support(of: label))
  }

  /// The mean F over the labels that occur as gold; `nil` for none.
  package var macroF: Double? {
    let golds = labels.filter { support(of: $0) > 0 }
    return golds.isEmpty ? nil : golds.reduce(0) { $0 + score(of: $1).fMeasure } / Double(golds.count)
  }
}
