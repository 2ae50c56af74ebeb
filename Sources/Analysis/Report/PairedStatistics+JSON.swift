internal import Statistics

extension ConfidenceInterval {
  var json: JSON { .members(["low": .number(low), "high": .number(high), "level": .number(level)]) }
}

extension PairedStatistics {
  var json: JSON {
    .members([
      "difference": .members([
        "mean": .number(difference.value), "interval": difference.interval.map { $0.json } ?? .null,
        "sequence": sequence.map { $0.json } ?? .null,
      ]),
      "ratio_fieller": fieller.map { $0.json } ?? .null,
      "ratio_bootstrap": .members([
        "bca": bootstrap.map { $0.json } ?? .null, "draws": .integer(draws), "seed": .string(String(seed)),
      ]),
      "wilcoxon_p": number(wilcoxonP), "sign_flip_p": number(signFlipP), "equivalence_p": number(equivalenceP),
      "effect_size": number(effectSize), "superiority": .number(superiority),
    ])
  }

  private func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
}
