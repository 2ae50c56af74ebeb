internal import Metrics

extension Report {
  /// How many prompts of each submission are shown with their texts.
  static let worstPromptCount = 3
  private static let shownCategoryCount = 30

  /// `report.md`: the verdict first, evidence folded below it. It fits a comment on a pull request: folded parts that would
  /// make it longer than that are left out, and it says so.
  package var markdown: String {
    let shown = [
      "# Assay report: \(title.markdownEscaped)",
      headline,
      verdictTable,
      "\(outcomeSentence) The reference is \(reference.name.markdownCode), \(reference.outputs.count) prompts. \(categoriesExplained) "
        + "Confirmed means that the verdict holds for all prompts of this kind (95 %); else it could be chance.",
      releaseSection,
      control.map { "**\($0.verdict)**: \($0.detail.markdownEscaped)." },
      earlyStopSection,
      promptsSection,
    ].compactMap { $0 }
    let folded =
      sideBySideSections
      + [
        fold("How to read this", legend), scoresSection, flipsSection, logitsSection, divergenceSection,
        categoriesSection,
        notesSection, provenanceSection,
      ].compactMap { $0 }
    var sections = shown
    var size = shown.reduce(0) { $0 + $1.utf16.count + 2 }
    var omitted = 0
    for section in folded {
      let more = section.utf16.count + 2
      if size + more <= Self.longestComment {
        sections.append(section)
        size += more
      } else {
        omitted += 1
      }
    }
    if omitted > 0 {
      sections.append("*\(omitted) parts are left out to fit a comment; `report.html` has them.*")
    }
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// GitHub takes 65,536 characters.
  private static let longestComment = 60_000

  /// A part that opens at a click.
  func fold(_ title: String, _ text: String) -> String {
    "<details><summary>\(title)</summary>\n\n\(text)\n\n</details>"
  }

  private var headline: String {
    let verdicts = comparisons.map { comparison -> String in
      let verdict =
        switch comparison.deciding.category {
        case .fail: "fails"
        case let category?: "reaches \(category.title)"
        case nil: "has no verdict"
        }
      return "\(comparison.submission.name.markdownCode) \(verdict)"
    }
    return "**\(verdicts.joined(separator: "; ")).**"
  }

  private var categoriesExplained: String {
    let metrics = comparisons[0].deciding.metrics.filter(\.isGating).map(\.metric.title).joined(separator: ", ")
    return "A submission is in Category 1 when each of \(metrics) keeps at least 99.9 % of the reference's score, in "
      + "Category 2 at 99.0 %; below that it fails. The metric that keeps least is shown."
  }

  private var verdictTable: String {
    let gates = Gate.allCases.filter { gate in comparisons.contains { $0.gates.contains { $0.gate == gate } } }
    return MarkdownTable(
      headings: ["submission", "verdict", "confidence", "p", "more prompts needed"]
        + gates.map { "gate `\($0.rawValue)`" + ($0 == gate && gates.count > 1 ? " (decides)" : "") } + ["same text"],
      rows: comparisons.map { comparison in
        [
          comparison.submission.name.markdownCode, "**\(comparison.deciding.verdictText)**",
          comparison.deciding.confidence.rawValue, comparison.deciding.pText.markdownEscaped,
          comparison.deciding.promptsNeededText,
        ]
          + gates.map { gate in
            comparison.gates.first { $0.gate == gate }.map { "\($0.verdictText): \($0.decidingText())" } ?? ""
          } + ["\(comparison.exactMatchCount) of \(comparison.prompts.count)"]
      }
    ).text
  }

  private var legend: String {
    let gates = comparisons[0].gates.map { "- " + $0.gate.explanation }
    return
      (gates + [
        "- In brackets: the 95 % interval of the share over the population of such prompts, with half a prompt that lost all "
          + "and half a one that lost nothing added to those seen: a sample without a loss does not prove that there is none.",
        "- A verdict is confirmed when p ≤ \(Confidence.alpha): the one-sided probability of such scores if the share were at the "
          + "limit, \(correction). *More prompts needed* would confirm it with a power of 80 %, if they are like these.",
      ]).joined(separator: "\n")
  }

  private var correction: String {
    comparisons.count == 1
      ? "all metrics together" : "all metrics together, corrected for \(comparisons.count) submissions (Holm)"
  }

  private var scoresSection: String {
    let gates = comparisons[0].gates.map(\.gate)
    let tables = gates.map { gate in
      let rows = comparisons.map { comparison in
        [comparison.submission.name.markdownCode]
          + (comparison.gates.first { $0.gate == gate }?.metrics.map { cell($0, gate) } ?? [])
      }
      let headings = comparisons[0].deciding.metrics.map { $0.metric.title + ($0.isGating ? "" : " (not judged)") }
      return "Gate `\(gate.rawValue)`: mean F-measure, and the share of the reference's it is.\n\n"
        + MarkdownTable(headings: ["submission"] + headings, rows: rows).text
    }
    return fold("Scores by metric", tables.joined(separator: "\n\n"))
  }

  private func cell(_ metric: MetricResult, _ gate: Gate) -> String {
    let score = metric.score.printed(2)
    return gate != .targets && metric.reference == 100
      ? metric.shareText : "\(score) of \(metric.reference.printed(2)) = \(metric.shareText)"
  }

  private var categoriesSection: String? {
    let names = Set(comparisons[0].prompts.compactMap(\.category)).sorted()
    guard !names.isEmpty, let metric = comparisons[0].metrics.firstIndex(of: .l) else { return nil }
    let rows = names.prefix(Self.shownCategoryCount).map { name in
      let counts = comparisons[0].prompts.count { $0.category == name }
      return [name.excerpt(60).markdownEscaped, String(counts)]
        + comparisons.map { comparison in
          let prompts = comparison.prompts.filter { $0.category == name }
          return share(of: prompts, metric, comparison.deciding.gate)
            + ", \(prompts.count(where: \.isExactMatch)) the same"
        }
    }
    let headings = ["category", "prompts"] + comparisons.map(\.submission.name.markdownCode)
    return fold(
      "By category of prompt",
      "Share of the reference's ROUGE-L kept under gate `\(gate.rawValue)`.\n\n"
        + MarkdownTable(headings: headings, rows: rows).text
        + (names.count > rows.count ? "\n\nAnd \(names.count - rows.count) more categories." : ""))
  }

  private func share(of prompts: [PromptComparison], _ metric: Int, _ gate: Gate) -> String {
    let scores = prompts.compactMap { $0.scores(for: gate) }
    let reference = scores.reduce(0) { $0 + $1.reference[metric] }
    guard reference > 0 else { return "undefined" }
    return "\(Percent(scores.reduce(0) { $0 + $1.submission[metric] } / reference, decimals: 1)) %"
  }

  private var notesSection: String? {
    guard !notes.isEmpty else { return nil }
    let lines = notes.map { note, submissions in
      let scope = submissions.count == comparisons.count ? "" : " (\(submissions.joined(separator: ", ")))"
      return "- " + (note.description + scope).markdownEscaped
    }
    return fold("Notes", lines.joined(separator: "\n"))
  }
}
