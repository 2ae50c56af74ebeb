internal import Metrics
internal import Statistics

extension Report {
  /// What is to be known about one submission, in words.
  func card(_ index: Int) -> JSON {
    let comparison = comparisons[index]
    let deciding = comparison.deciding
    let divergence = DivergenceSummary(comparison, threshold: logits?.floor.marginChange)
    return .members([
      "name": .string(comparison.submission.name), "kind": .string(deciding.category?.pageKind ?? "neutral"),
      "badge": .string(badge(deciding.category)),
      "symbol": .string(deciding.category.map { $0 == .fail ? "✕" : "✓" } ?? "?"),
      "facts": .array(
        ([
          ("weakest metric", deciding.decidingText()),
          ("how sure", certainty(deciding)),
          ("same text", "\(comparison.exactMatchCount) of \(comparison.prompts.count) answers"),
          ("first differences", differences(divergence)),
          ("logits", logits.flatMap { logitText($0.traces[index]) }),
          ("ended early", comparison.savingText),
        ]
          + comparison.gates.filter { $0.gate != deciding.gate }.map {
            ("gate \($0.gate.rawValue)", "\(badge($0.category)): \($0.decidingText())")
          })
          .compactMap { term, text in
            text.map { .object(["term": .string(term), "text": .string($0)]) }
          }),
    ])
  }

  private func badge(_ category: Category?) -> String {
    switch category {
    case .fail: "Fails"
    case let category?: category.title
    case nil: "Undefined"
    }
  }

  private func certainty(_ gate: GateResult) -> String {
    let p = gate.pText.isEmpty ? "" : gate.pText.hasPrefix("<") ? ", p \(gate.pText)" : ", p = \(gate.pText)"
    guard gate.confidence != .confirmed else { return "confirmed\(p)" }
    let more = gate.promptsNeeded == nil ? "" : "; about \(gate.promptsNeededText) more prompts would settle it"
    return "not confirmed\(p)\(more)"
  }

  private func differences(_ summary: DivergenceSummary) -> String? {
    guard summary.diverged > 0 else { return "none" }
    guard logits != nil, summary.nearTies + summary.confident > 0 else { return "\(summary.diverged)" }
    return "\(summary.nearTies) at near-ties, \(summary.confident) at confident choices"
  }

  private func logitText(_ trace: LogitTrace) -> String? {
    guard let summary = trace.summary else { return nil }
    let times = logits?.floor.multiple(of: summary.meanDivergence.value).map {
      " (\(Self.significant($0)) × the noise floor)"
    }
    return "KL \(Self.significant(summary.meanDivergence.value)) nats\(times ?? ""); same top token "
      + "\((summary.sameTop[0].value * 100).printed(2)) %"
  }

  /// The prompts of one submission that suffered most, with both texts around the first difference.
  func changedPrompts(_ comparison: Comparison) -> JSON {
    let worst = comparison.worstPrompts(Self.worstPromptCount)
    return .object([
      "name": .string(comparison.submission.name), "none": .bool(worst.isEmpty),
      "pairs": .array(
        worst.map { prompt in
          let reference = comparison.reference[prompt.id]?.text ?? ""
          let submission = comparison.submission[prompt.id]?.text ?? ""
          return .members([
            "id": .string(prompt.id.excerpt(80)), "link": .string(prompt.id.fragmentEscaped),
            "score": .string((prompt.agreement[shownMetricIndex] * 100).printed(1)),
            "question": question(prompt.id).map { .string($0.excerpt(300)) } ?? .null,
            "where": .string(place(of: prompt)),
            "left": view(DivergingText(reference, differingFrom: submission)),
            "right": view(DivergingText(submission, differingFrom: reference)),
          ])
        }),
    ])
  }

  func question(_ id: String) -> String? {
    prompts?[id].flatMap { $0.messages.last { $0.role == "user" }?.content }
  }

  private func place(of prompt: PromptComparison) -> String {
    guard let divergence = prompt.divergence else { return "no difference in tokens" }
    let margin = divergence.margin.map { ", where the reference's margin was \($0.printed(4))" } ?? ""
    let kind = isNearTie(divergence).map { $0 ? " (near-tie)" : " (confident)" } ?? ""
    return
      "differs after \(divergence.index) \(divergence.unit.rawValue)\(divergence.index == 1 ? "" : "s")\(margin)\(kind)"
  }

  private func view(_ text: DivergingText) -> JSON {
    .object([
      "before": .string(text.before), "word": .string(text.word), "after": .string(text.after),
      "ended": .bool(text.word.isEmpty),
      "skipped": text.omittedBefore > 0 ? .integer(text.omittedBefore) : .null,
      "rest": text.omittedAfter > 0 ? .integer(text.omittedAfter) : .null,
    ])
  }

  var categoryTable: DataTable? {
    let names = Set(comparisons[0].prompts.compactMap(\.category)).sorted()
    guard !names.isEmpty else { return nil }
    return DataTable(
      headings: ["category", "prompts"] + comparisons.map { "\($0.submission.name.excerpt(60)), %" },
      rows: names.prefix(200).map { name in
        [name.excerpt(60), "\(comparisons[0].prompts.count { $0.category == name })"]
          + comparisons.map { comparison in
            let prompts = comparison.prompts.filter { $0.category == name }
            let scores = prompts.compactMap { $0.scores(for: gate) }
            let reference = scores.reduce(0) { $0 + $1.reference[shownMetricIndex] }
            guard reference > 0 else { return "undefined" }
            return Percent(scores.reduce(0) { $0 + $1.submission[shownMetricIndex] } / reference, decimals: 1)
              .description
          }
      })
  }
}

extension String {
  /// For the part of a link after `#`: everything but letters, digits and `-._~` of ASCII as `%XX`.
  var fragmentEscaped: String {
    var text = ""
    for byte in utf8 {
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII,
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-._~".unicodeScalars.contains(scalar)
      {
        text.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return text
  }
}
