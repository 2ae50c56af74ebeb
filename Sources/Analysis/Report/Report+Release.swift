extension Report {
  /// Everything together: the required category, the policy and the baseline.
  package var outcome: Judgement.Outcome {
    let outcomes = [judgement.outcome, policy?.outcome ?? .met]
    return outcomes.contains(.notMet) ? .notMet : outcomes.contains(.inconclusive) ? .inconclusive : .met
  }

  /// What the policy and the baseline say, for the terminal.
  func releaseText(width: Int) -> String {
    let failed = (policy?.findings ?? []).filter { $0.kind != .met || $0.check == "expectation" }
    let lines = failed.map { "\($0.kind.title): \($0.subject)\($0.sentence)." }
    return (regressions.map { "\n" + $0.terminalText(width: width) } ?? "")
      + lines.map { $0.excerpt(300) + "\n" }.joined()
  }

  /// Sections of `report.md`; `nil` without a baseline or a policy.
  var releaseSection: String? {
    let parts = [regressions?.markdown, policySection].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
  }

  private var policySection: String? {
    guard let policy, !policy.findings.isEmpty else { return nil }
    return "## Policy\n\n"
      + MarkdownTable(
        headings: ["check", "submission", "result", "why"],
        rows: policy.findings.map {
          [
            $0.check, $0.submission?.markdownCode ?? "", $0.kind == .met ? "met" : "**\($0.kind.rawValue)**",
            $0.sentence.excerpt(300).markdownEscaped,
          ]
        }
      ).text
  }

  /// `comment.md`: the verdict of a release, short enough for a pull request (GitHub takes 65,536 characters).
  package var comment: String {
    let verdict =
      switch outcome {
      case .met: "✅ passed"
      case .notMet: "❌ failed"
      case .inconclusive: "❔ inconclusive"
      }
    let sections = ["### Assay: \(title.markdownEscaped) \(verdict)", outcomeSentence, releaseSection].compactMap { $0 }
    let text = sections.joined(separator: "\n\n") + "\n"
    guard text.unicodeScalars.count > Self.commentLimit else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var (kept, size) = ([Substring](), 0)
    for line in lines {
      size += line.unicodeScalars.count + 1
      if size > Self.commentLimit { break }
      kept.append(line)
    }
    return kept.joined(separator: "\n") + "\n\nThe rest is in report.md.\n"
  }

  private static let commentLimit = 60_000
}

extension Finding {
  fileprivate var subject: String { submission.map { "\($0.excerpt(80)), \(check): " } ?? "\(check): " }
}

extension Finding.Kind {
  fileprivate var title: String {
    switch self {
    case .met: "Note"
    case .inconclusive: "Inconclusive"
    case .failed: "Failed"
    case .expected: "Failed as expected"
    }
  }
}
