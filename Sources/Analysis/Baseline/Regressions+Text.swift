internal import Statistics

extension Regressions.Submission {
  /// `regressed: rougeL -22.10 [-33.00, -11.20] points; 2 of 42 prompts unchanged`.
  package var sentence: String {
    let decisive = changes.filter { $0.outcome == outcome && (outcome == .regressed || outcome == .improved) }
    let parts = [
      missing.isEmpty
        ? nil : "\(missing.count) prompts are missing: \(missing.prefix(3).joined(separator: ", ").excerpt(80))",
      decisive.isEmpty
        ? nil : decisive.map { "\($0.title) \($0.metric.text($0.change)) \($0.metric.unit)" }.joined(separator: ", "),
      unchangedText,
    ]
    return "\(outcome.rawValue): " + parts.compactMap { $0 }.joined(separator: "; ")
  }

  /// `37 of 40 prompts unchanged`
  package var unchangedText: String { "\(identicalCount) of \(promptCount) prompts unchanged" }

  fileprivate var title: String { name == baselineName ? name : "\(name) (was \(baselineName))" }
}

extension Regressions {
  /// What changed, for the end of a command.
  package func terminalText(width: Int) -> String {
    let rows = submissions.flatMap { submission in
      submission.changes.map { change in
        [
          submission.name, change.title, change.metric.text(change.baseline), change.metric.text(change.release),
          change.metric.text(change.change), "±" + change.metric.toleranceText(change.tolerance),
          change.pText, change.outcome.rawValue,
        ]
      }
    }
    let table = TextTable(
      headings: ["submission", "metric", "baseline", "now", "change", "tolerance", "p", "outcome"], rows: rows,
      dispensable: [5, 6, 2])
    return (["Since baseline \(baseline.name):"] + lines + [table.text(width: width)]).joined(separator: "\n")
  }

  private var lines: [String] {
    submissions.map { "  \($0.title): \($0.unchangedText), \($0.outcome.rawValue)." }
      + submissions.filter { !$0.missing.isEmpty }.map {
        "  \($0.name): \($0.missing.count) prompts are missing: \($0.missing.prefix(5).joined(separator: ", ").excerpt(120))."
      }
      + missingSubmissions.map { "  \($0): is in the baseline but was not run, regressed." }
      + addedSubmissions.map { "  \($0): is not in the baseline." }
      + notes.map { "  Note: \($0)." }
  }

  /// A section of `report.md`, and the body of a comment on a pull request.
  package var markdown: String {
    let rows = submissions.flatMap { submission in
      submission.changes.map { change in
        [
          submission.title.markdownCode, change.title.markdownEscaped, change.metric.text(change.baseline),
          change.metric.text(change.release), change.metric.text(change.change),
          "±" + change.metric.toleranceText(change.tolerance), change.pText.markdownEscaped,
          "**\(change.outcome.rawValue)**",
        ]
      }
    }
    let table = MarkdownTable(
      headings: ["submission", "metric", "baseline", "now", "change", "tolerance", "p", "outcome"], rows: rows)
    let worst = submissions.compactMap { submission -> String? in
      let losses = submission.prompts.filter { $0.gain < 0 }.prefix(5)
      guard !losses.isEmpty else { return nil }
      return "- Most lost by \(submission.name.markdownCode): "
        + losses.map { "\($0.id.markdownCode) (\($0.baseline.printed(3)) → \($0.release.printed(3)))" }
        .joined(separator: ", ")
    }
    let level = submissions.first?.changes.first?.change.interval?.level ?? 0.95
    return """
      ## Since baseline \(baseline.name.markdownCode)

      \(lines.map { "- " + $0.drop { $0 == " " }.description.markdownEscaped }.joined(separator: "\n"))

      \(table.text)

      Changes are of the mean over the prompts that both have, paired: in points (of 100) for scores, in nats for `kl`, which is \
      better when lower. In brackets the \((level * 100).printed(2)) % interval, so that all hold together with 95 %; p is \
      corrected likewise (Holm). A change is an improvement or a regression when its whole interval lies beyond the tolerance.\
      \(worst.isEmpty ? "" : "\n\n" + worst.joined(separator: "\n"))
      """
  }

  /// The list `regressions` of `report.json`: one entry per submission and metric.
  package var json: JSON {
    .array(
      submissions.flatMap { submission in
        submission.changes.map { change in
          .members([
            "baseline": .string(baseline.name), "submission": .string(submission.name),
            "baseline_submission": .string(submission.baselineName), "metric": .string(change.metric.name),
            "prompt_category": change.category.map(JSON.string), "before": .number(change.baseline),
            "after": .number(change.release), "change": .number(change.change.value),
            "interval": change.change.interval.map { $0.json } ?? .null, "tolerance": .number(change.tolerance),
            "p_uncorrected": .number(change.p), "p": .number(change.adjustedP),
            "right_to_wrong": change.flips.map { .integer($0.lost) },
            "wrong_to_right": change.flips.map { .integer($0.gained) },
            "outcome": .string(change.outcome.rawValue), "identical_prompts": .integer(submission.identicalCount),
            "prompts": .integer(submission.promptCount), "missing_prompts": .strings(submission.missing),
          ])
        }
      }
        + missingSubmissions.map {
          .members([
            "baseline": .string(baseline.name), "submission": .string($0), "outcome": .string("regressed"),
            "missing": .bool(true),
          ])
        })
  }
}

extension TrackedMetric {
  fileprivate func toleranceText(_ tolerance: Double) -> String {
    isScore ? (tolerance * 100).printed(2) : tolerance.printed(4)
  }
}

extension Regressions {
  /// The prompts whose output changed, the greatest losses first.
  package func promptText(most: Int) -> String {
    submissions.map { submission in
      let rows = submission.prompts.prefix(most).map { prompt in
        [prompt.id.excerpt(60), prompt.baseline.printed(4), prompt.release.printed(4), prompt.gain.printed(4)]
      }
      guard !rows.isEmpty else { return "" }
      let rest = submission.prompts.count - rows.count
      return "\n\(submission.name): \(submission.prompts.count) prompts with another output\n"
        + TextTable(headings: ["prompt", "before", "after", "gain"], rows: rows, dispensable: []).text(width: 180)
        + (rest > 0 ? "and \(rest) more\n" : "")
    }.joined()
  }
}

extension MetricChange {
  fileprivate var pText: String { adjustedP < 0.0001 ? "<0.0001" : adjustedP.printed(4) }
}
