internal import Metrics
internal import Statistics

extension Report {
  /// Every judged metric of every submission against the lines of the categories.
  var sharesChart: RangeChart {
    let rows = comparisons.flatMap { comparison in
      comparison.deciding.metrics.filter(\.isGating).enumerated().map { index, metric in
        RangeChart.Row(
          heading: index == 0 && comparisons.count > 1 ? comparison.submission.name.excerpt(42) : nil,
          label: metric.metric.title,
          text: metric.shareText, range: metric.ratio?.interval.map { min($0.low, $0.high)...max($0.low, $0.high) },
          marks: metric.ratio.map { [.init(shape: .dot, value: $0.value)] } ?? [],
          kind: metric.category?.pageKind ?? "neutral")
      }
    }
    let table = comparisons.flatMap { comparison in
      comparison.gates.flatMap { gate in
        gate.metrics.map { metric in
          [
            comparison.submission.name, gate.gate.rawValue,
            metric.metric.title + (metric.isGating ? "" : " (not judged)"),
            metric.reference.printed(4), metric.score.printed(4),
            metric.ratio.map { Percent($0.value, decimals: 2).description } ?? "undefined",
            metric.ratio?.interval?.percentText ?? "", metric.category?.title ?? "undefined",
          ]
        }
      }
    }
    return RangeChart(
      id: "shares", title: "Share of the reference's score kept, by metric (gate \(gate.rawValue))",
      caption: "Dot: these prompts. Bar: the 95 % interval for all prompts of this kind. The weakest metric decides.",
      axis: .keptShare,
      zones: [
        .init(from: 0, to: 0.99, label: "fails", kind: "fail"),
        .init(from: 0.99, to: 0.999, label: "Category 2", kind: "category2"),
        .init(from: 0.999, to: 1, label: "Category 1", kind: "category1"),
      ],
      lines: [.init(value: 0.99, kind: "limit"), .init(value: 0.999, kind: "limit")],
      rows: rows,
      table: DataTable(
        headings: [
          "submission", "gate", "metric", "reference, %", "score, %", "kept, %", "95 % interval, %", "category",
        ],
        rows: table))
  }

  private static let scoreClasses = 10

  /// Prompts by score: ten classes below 100 %, and 100 %.
  private func scoreCounts(_ comparison: Comparison) -> [Int] {
    var counts = Array(repeating: 0, count: Self.scoreClasses + 1)
    for prompt in comparison.prompts {
      let score = prompt.isExactMatch ? 1 : prompt.agreement[shownMetricIndex]
      counts[score >= 1 ? Self.scoreClasses : Int(score * Double(Self.scoreClasses))] += 1
    }
    return counts
  }

  var scoreHistograms: JSON {
    let counts = comparisons.map(scoreCounts)
    let maximum = counts.joined().max() ?? 0
    return .array(
      zip(comparisons, counts).enumerated().map { index, element in
        Histogram(
          id: "scores\(index)", title: element.0.submission.name,
          axisTitle: "\(shownMetric.title) of a prompt, in %", kinds: ["bar"],
          bars: element.1.enumerated().map { .init(label: $0 % 2 == 0 ? "\($0 * 10)" : "", counts: [$1]) },
          maximum: maximum
        ).view
      })
  }

  var scoreTable: DataTable {
    DataTable(
      headings: ["submission"] + (0..<Self.scoreClasses).map { "\($0 * 10) to <\(($0 + 1) * 10) %" } + ["100 %"],
      rows: comparisons.map { [$0.submission.name] + scoreCounts($0).map(String.init) })
  }

  private static var stepLabels: [String] {
    let bounds = [0] + DivergenceSummary.histogramBounds
    return zip(bounds, bounds.dropFirst()).map { "\($0)–\($1 - 1)" } + ["\(bounds.last!)+"]
  }

  /// First differences by step, those at near-ties apart; prompts without a difference last.
  private func stepCounts(_ comparison: Comparison) -> [[Int]] {
    let bounds = DivergenceSummary.histogramBounds
    var counts = Array(repeating: [0, 0, 0], count: bounds.count + 2)
    for prompt in comparison.prompts {
      guard let divergence = prompt.divergence else {
        counts[bounds.count + 1][2] += 1
        continue
      }
      let isTie = isNearTie(divergence) == true
      counts[bounds.firstIndex { divergence.index < $0 } ?? bounds.count][isTie ? 0 : 1] += 1
    }
    return counts
  }

  /// `nil` when the noise floor or the margin is not known.
  func isNearTie(_ divergence: Divergence) -> Bool? {
    guard let threshold = logits?.floor.marginChange, let margin = divergence.margin else { return nil }
    return Disagreement(step: divergence.index, margin: margin).isNearTie(within: threshold)
  }

  /// What steps are counted in, where one comparison has no tokens.
  var stepUnit: Divergence.Unit {
    comparisons.contains { $0.prompts.contains { $0.divergence?.unit == .word } } ? .word : .token
  }

  var stepHistograms: JSON {
    let counts = comparisons.map(stepCounts)
    let maximum = counts.joined().map { $0.reduce(0, +) }.max() ?? 0
    return .array(
      zip(comparisons, counts).enumerated().map { index, element in
        Histogram(
          id: "steps\(index)", title: element.0.submission.name,
          axisTitle: "\(stepUnit.rawValue)s before the first difference",
          kinds: ["tie", "change", "same"],
          bars: zip(Self.stepLabels + ["never"], element.1).map { .init(label: $0, counts: $1) }, maximum: maximum
        ).view
      })
  }

  var stepTable: DataTable {
    DataTable(
      headings: ["submission", "kind"] + Self.stepLabels + ["never"],
      rows: comparisons.flatMap { comparison -> [[String]] in
        let counts = stepCounts(comparison)
        let name = comparison.submission.name
        guard logits != nil else {
          return [[name, "all"] + counts.map { String($0.reduce(0, +)) }]
        }
        return [
          [name, "near-tie"] + counts.dropLast().map { String($0[0]) } + [""],
          [name, "confident or unknown"] + counts.dropLast().map { String($0[1]) } + ["\(counts.last![2])"],
        ]
      })
  }

  /// How far distributions are apart, beside what rounding noise does.
  var divergenceChart: RangeChart? {
    guard let logits else { return nil }
    let named =
      zip(comparisons, logits.traces).map { ($0.submission.name.excerpt(42), $1.summary) }
      + [("noise floor", logits.floor.summary)]
    let found = named.compactMap { name, summary in summary.map { (name, $0) } }
    let values = found.flatMap { [$1.divergences[0.25], $1.divergences.maximum, $1.meanDivergence.value] }
    let rows = found.enumerated().map { index, element in
      let (name, summary) = element
      let (low, high) = (summary.divergences[0.25], summary.divergences[0.99])
      let isFloor = index == found.count - 1
      let times =
        isFloor
        ? "" : logits.floor.multiple(of: summary.meanDivergence.value).map { ", \(Self.significant($0)) × floor" } ?? ""
      return RangeChart.Row(
        heading: name, label: isFloor ? "reference with rounding noise" : "",
        text: "mean \(Self.significant(summary.meanDivergence.value))\(times)",
        range: low...max(low, high),
        marks: [
          .init(shape: .dot, value: summary.divergences.median),
          .init(shape: .diamond, value: summary.meanDivergence.value),
          .init(shape: .cross, value: summary.divergences.maximum),
        ], kind: isFloor ? "neutral" : "series")
    }
    let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    return RangeChart(
      id: "kl", title: "KL divergence of the next-token distributions, by token",
      caption:
        "On the reference's own answers. Bar: 25 % to 99 % of tokens. Dot: median. Diamond: mean. Cross: largest. "
        + "Vertical line: the mean of the noise floor.",
      axis: .powers(of: values, title: "KL of a token in nats, logarithmic"),
      lines: [.init(value: logits.floor.summary.meanDivergence.value, kind: "floor")], rows: rows,
      table: DataTable(
        headings: ["submission", "tokens", "mean"] + shares.map { "\(Int($0 * 100)) %" } + [
          "max", "same top token, %",
        ],
        rows: found.map { name, summary in
          [name, "\(summary.count)", Self.significant(summary.meanDivergence.value)]
            + shares.map { Self.significant(summary.divergences[$0]) }
            + [Self.significant(summary.divergences.maximum), (summary.sameTop[0].value * 100).printed(2)]
        }))
  }
}
