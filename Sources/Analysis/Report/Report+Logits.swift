internal import Metrics
internal import Statistics

extension Report {
  /// How far the distributions are apart on the reference's own answers, beside what rounding noise does.
  var logitsSection: String? {
    guard let logits else { return nil }
    let floor = logits.floor
    let rows =
      zip(comparisons, logits.traces).map { comparison, trace in
        row(
          comparison.submission.name.markdownCode, trace.summary, floor, trace.clustered,
          nonFinite: trace.nonFinite)
      } + [row("noise floor", floor.summary, floor, nil, nonFinite: floor.summary.nonFinite)]
    let table = MarkdownTable(
      headings: [
        "submission", "KL mean", "times the floor", "median", "99 %", "max", "PPL ratio", "RMS Δp",
        "same top 1", "top 5",
        "top 10", "NaN/Inf",
      ], rows: rows)
    let confidence = MarkdownTable(
      headings: ["submission"]
        + ConfidenceBucket.Bounds.all.map { "p \($0.low.printed(2)) to \($0.high.printed(2))" },
      rows: zip(comparisons, logits.traces).compactMap { comparison, trace in
        trace.summary.map { [comparison.submission.name.markdownCode] + $0.buckets.map(bucket) }
      } + [["noise floor"] + floor.summary.buckets.map(bucket)])
    return fold(
      "Logits on the reference's answers",
      """
      Both models read the reference's answers token by token (\(floor.summary.count) tokens). KL(reference‖submission) in \
      nats; ± is the standard error clustered by prompt. Same top k: the reference's most likely token is among the \
      submission's k most likely. The noise floor is the reference itself with random errors of one \(floor.format) unit in \
      the last place after every layer (seed \(floor.seed)).

      \(table.text)

      Mean KL, and the same top 1, by the reference's probability p of its most likely token:

      \(confidence.text)
      """)
  }

  private func row(
    _ name: String, _ summary: DistributionSummary?, _ floor: NoiseFloor,
    _ clustered: DistributionSummary.Clustered?, nonFinite: Int
  ) -> [String] {
    guard let s = summary else {
      return [name, "no finite logits"] + Array(repeating: "", count: 9) + ["\(nonFinite)"]
    }
    let error = clustered.map { " ± \(Self.significant($0.meanDivergence))" } ?? ""
    let multiple =
      floor.multiple(of: s.meanDivergence.value).map { Self.significant($0) + " ×" } ?? "undefined"
    return [
      name, Self.significant(s.meanDivergence.value) + error, multiple,
      Self.significant(s.divergences.median),
      Self.significant(s.divergences[0.99]), Self.significant(s.divergences.maximum),
      s.ratio.value.printed(4), (s.rootMeanSquareChange.value * 100).printed(3) + " %",
    ] + s.sameTop.map { ($0.value * 100).printed(2) + " %" } + ["\(nonFinite)"]
  }

  private func bucket(_ bucket: ConfidenceBucket) -> String {
    guard let divergence = bucket.meanDivergence, let same = bucket.sameTopShare else {
      return "no token"
    }
    return "\(Self.significant(divergence)), \((same * 100).printed(2)) % of \(bucket.count)"
  }

  /// Three significant digits, whatever the size: `0.0123`, `3.21e-6`, `1234`.
  static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var exponent = 0
    var scaled = value.magnitude
    while scaled >= 9.995 { (scaled, exponent) = (scaled / 10, exponent + 1) }
    while scaled < 0.9995 { (scaled, exponent) = (scaled * 10, exponent - 1) }
    if exponent < -4 { return (value < 0 ? "-" : "") + scaled.printed(2) + "e\(exponent)" }
    return value.printed(max(0, 2 - exponent))
  }
}
