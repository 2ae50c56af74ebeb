/// One thing that a policy, or the comparison with a baseline, has to say about a submission.
package struct Finding: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case met
    case inconclusive
    case failed
    /// Failed as expected, and still accepted.
    case expected
  }

  /// What was checked: `category`, `regression`, `prompts`, `speed`, `memory` or `expectation`.
  package let check: String
  /// `nil` for the suite as a whole.
  package let submission: String?
  package let kind: Kind
  package let sentence: String

  var json: JSON {
    .members([
      "check": .string(check), "submission": submission.map(JSON.string), "result": .string(kind.rawValue),
      "sentence": .string(sentence),
    ])
  }
}

/// Whether a release does what a policy requires, and has not regressed.
package struct PolicyVerdict: Hashable, Sendable {
  package let findings: [Finding]

  package var outcome: Judgement.Outcome {
    let kinds = Set(findings.map(\.kind))
    return kinds.contains(.failed) ? .notMet : kinds.contains(.inconclusive) ? .inconclusive : .met
  }

  /// - Parameters:
  ///   - today: `2026-11-24`; expectations end on their day.
  ///   - needsConfidence: true when an inconclusive comparison with the baseline is not enough.
  package init(
    _ report: Report, release: Release, regressions: Regressions?, policy: Policy, today: String,
    needsConfidence: Bool
  ) {
    var findings: [Finding] = []
    for comparison in report.comparisons {
      let name = comparison.submission.name
      if let requirement = policy.requiredBySubmission[name] ?? policy.required {
        findings.append(Self.category(comparison, requirement))
      }
      if let minimum = policy.minimumPrompts, comparison.prompts.count < minimum {
        findings.append(
          Finding(
            check: "prompts", submission: name, kind: .failed,
            sentence: "\(comparison.prompts.count) prompts, required \(minimum)"))
      }
      findings += Self.limits(release[name]?.speed, name, policy.limits)
    }
    if let regressions { findings += Self.regressions(regressions, needsConfidence: needsConfidence) }
    self.findings = Self.expectations(findings, policy.expectedFailures, today: today)
  }

  private static func category(_ comparison: Comparison, _ requirement: Judgement.Requirement) -> Finding {
    let outcome = Judgement([comparison.deciding], requirement: requirement).outcome
    let required = requirement.category?.title ?? "nothing"
    return Finding(
      check: "category", submission: comparison.submission.name, kind: Finding.Kind(outcome),
      sentence: "\(comparison.deciding.verdictText), required \(required)")
  }

  private static func limits(_ speed: Release.Speed?, _ name: String, _ limits: Policy.Limits) -> [Finding] {
    let checks = [
      limits.minimumTokensPerSecond.map { limit in
        check(
          "speed", name, speed.map { ($0.tokensPerSecond >= limit, $0.tokensPerSecond) }, limit, "tokens/s at least")
      },
      limits.maximumMebibytes.map { limit in
        check("memory", name, speed.map { ($0.peakMebibytes <= limit, $0.peakMebibytes) }, limit, "MiB at most")
      },
    ]
    return checks.compactMap { $0 }
  }

  private static func check(
    _ check: String, _ name: String, _ measured: (isMet: Bool, value: Double)?, _ limit: Double, _ unit: String
  ) -> Finding {
    guard let measured else {
      return Finding(
        check: check, submission: name, kind: .inconclusive,
        sentence: "was not measured, because the run was not made just now; required \(limit.printed(0)) \(unit)")
    }
    return Finding(
      check: check, submission: name, kind: measured.isMet ? .met : .failed,
      sentence: "\(measured.value.printed(0)), required \(limit.printed(0)) \(unit)")
  }

  private static func regressions(_ regressions: Regressions, needsConfidence: Bool) -> [Finding] {
    let missing = regressions.missingSubmissions.map {
      Finding(check: "regression", submission: $0, kind: .failed, sentence: "is in the baseline but was not run")
    }
    return missing
      + regressions.submissions.map { submission in
        let kind: Finding.Kind =
          switch submission.outcome {
          case .regressed: .failed
          case .inconclusive: needsConfidence ? .inconclusive : .met
          case .improved, .unchanged: .met
          }
        return Finding(check: "regression", submission: submission.name, kind: kind, sentence: submission.sentence)
      }
  }

  /// Failures that are expected are accepted until their day; an expectation that ended, or was not needed, is said.
  private static func expectations(
    _ findings: [Finding], _ expected: [Policy.ExpectedFailure], today: String
  ) -> [Finding] {
    var result = findings
    for expectation in expected {
      let places = result.indices.filter {
        result[$0].submission == expectation.submission && result[$0].kind == .failed
      }
      // Dates of this form are in the order of their text.
      let isOver = expectation.until < today
      for place in places where !isOver {
        let finding = result[place]
        result[place] = Finding(
          check: finding.check, submission: finding.submission, kind: .expected,
          sentence: "\(finding.sentence); expected until \(expectation.until): \(expectation.reason)")
      }
      if places.isEmpty || isOver {
        result.append(
          Finding(
            check: "expectation", submission: expectation.submission, kind: .met,
            sentence: isOver
              ? "the expected failure ended on \(expectation.until): \(expectation.reason)"
              : "is expected to fail but does not; remove the expectation"))
      }
    }
    return result
  }
}

extension Finding.Kind {
  init(_ outcome: Judgement.Outcome) {
    self =
      switch outcome {
      case .met: .met
      case .notMet: .failed
      case .inconclusive: .inconclusive
      }
  }
}
