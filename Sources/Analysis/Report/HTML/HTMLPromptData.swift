internal import Metrics

/// The table of all prompts as data in the page, within a budget of bytes.
///
/// Prompts that changed most come first: first rows are kept, then their texts, until the budget is spent. What is left out is
/// counted and said. `script.js` reads the same positions.
struct HTMLPromptData {
  let json: JSON
  /// Prompts in the page, and those of them whose texts are.
  let rows: Int
  let texts: Int
  private let total: Int

  /// Bytes for rows without texts, and for everything.
  private static let rowBudget = 500_000
  private static let budget = 1_300_000
  /// Scalars of one text.
  private static let longestText = 6000

  init(_ report: Report) {
    let ids = report.reference.outputs.map(\.id)
    total = ids.count
    let byID = report.comparisons.map { comparison in
      Dictionary(comparison.prompts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
    let losses = ids.map { id in
      byID.map { 1 - (($0[id]?.isExactMatch ?? true) ? 1 : $0[id]!.agreement[report.shownMetricIndex]) }.reduce(0, +)
    }
    let worstFirst = ids.indices.sorted { losses[$0] != losses[$1] ? losses[$0] > losses[$1] : $0 < $1 }
    var chosen: [Int: JSON] = [:]
    var size = 0
    for index in worstFirst {
      let row = Self.row(report, ids[index], byID)
      let bytes = row.text.utf8.count + 1
      guard size + bytes <= Self.rowBudget else { break }
      size += bytes
      chosen[index] = row
    }
    rows = chosen.count
    var texts = 0
    for index in worstFirst.prefix(rows) {
      let row = Self.row(report, ids[index], byID, texts: Self.texts(report, ids[index]))
      let bytes = row.text.utf8.count - chosen[index]!.text.utf8.count
      guard size + bytes <= Self.budget else { break }
      size += bytes
      chosen[index] = row
      texts += 1
    }
    self.texts = texts
    json = .members([
      "metric": .string(report.shownMetric.title), "submissions": .strings(report.comparisons.map(\.submission.name)),
      "reference": .string(report.reference.name), "unit": .string(report.stepUnit.rawValue),
      "threshold": report.logits.map { .number($0.floor.marginChange) } ?? .null,
      "prompts": .array(chosen.keys.sorted().map { chosen[$0]! }),
    ])
  }

  /// What the page says about itself.
  var view: JSON {
    .members([
      "total": .integer(total), "rows": .integer(rows), "texts": .integer(texts),
      "sampled": .bool(rows < total), "shortened": .bool(texts < rows),
    ])
  }

  /// `[id, category, [per submission: [score, step, margin, kl, isEmpty]]]`, then the texts if they are given; a submission
  /// with the same text has an empty list, and one that did not answer has null.
  private static func row(
    _ report: Report, _ id: String, _ comparisons: [[String: PromptComparison]], texts: [JSON] = []
  ) -> JSON {
    let results = comparisons.enumerated().map { index, prompts -> JSON in
      guard let prompt = prompts[id] else { return .null }
      let divergence = report.logits?.traces[index][id]?.meanDivergence
      // Same text and same distributions need no numbers.
      if prompt.isExactMatch, prompt.divergence == nil, divergence == nil { return [] }
      return .array([
        .number((prompt.agreement[report.shownMetricIndex]).rounded(decimals: 4)),
        prompt.divergence.map { .integer($0.index) } ?? .null,
        prompt.divergence?.margin.map { .number($0.rounded(decimals: 4)) } ?? .null,
        divergence.map { .string(Report.significant($0)) } ?? .null,
        .integer(prompt.isExactMatch ? 0 : prompt.status == .empty ? 2 : 1),
      ])
    }
    let category = comparisons[0][id]?.category
    return .array([.string(id.shown(200)), category.map { .string($0.shown(100)) } ?? .null, .array(results)] + texts)
  }

  /// The question, the targets, the reference's text, and per submission `[start, rest, candidates]`: as many UTF-16 units
  /// of the reference's text as it shares, the rest, and what both models held likely at the first difference.
  private static func texts(_ report: Report, _ id: String) -> [JSON] {
    let prompt = report.prompts?[id]
    let reference = (report.reference[id]?.text ?? "").shown(longestText)
    let own = report.comparisons.enumerated().map { index, comparison -> JSON in
      guard let output = comparison.submission[id] else { return .null }
      let text = output.text.shown(longestText)
      let common = zip(reference.unicodeScalars, text.unicodeScalars).prefix { $0 == $1 }.map { $0.0 }
      let units = common.reduce(0) { $0 + UTF16.width($1) }
      let rest = String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(common.count)))
      let first = report.logits?.traces[index][id]?.first
      return .array(
        [.integer(units), .string(rest)] + (first.map { [candidates($0.reference), candidates($0.submission)] } ?? []))
    }
    return [
      .string((report.question(id) ?? "").shown(longestText)),
      .strings((prompt?.targets ?? []).prefix(3).map { $0.shown(500) }),
      .string(reference), .array(own),
    ]
  }

  private static func candidates(_ candidates: [DivergencePoint.Candidate]) -> JSON {
    .array(candidates.map { .array([.string($0.text), .number(($0.probability * 100).rounded(decimals: 1))]) })
  }
}

extension String {
  /// The text in several lines, without what could change how the page around it is displayed.
  fileprivate func shown(_ limit: Int) -> String {
    var text = ""
    for scalar in unicodeScalars.prefix(limit) {
      text.unicodeScalars.append(
        scalar == "\n" || scalar == "\t" ? scalar : scalar.isUnprintable ? "\u{FFFD}" : scalar)
    }
    let rest = unicodeScalars.dropFirst(limit).count
    return rest == 0 ? text : text + "… (\(rest) more characters)"
  }
}
