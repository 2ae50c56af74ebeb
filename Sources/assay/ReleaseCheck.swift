import Analysis

/// What a result is held against beside the required category: a blessed release, and a policy.
struct ReleaseCheck {
  let baseline: Release?
  let policy: Policy
  /// Fields of provenance that may differ from the baseline's.
  let allowed: Set<String>
  let needsConfidence: Bool

  /// - Throws: ``AssayError`` when the result cannot be compared with the baseline.
  func judge(_ report: Report, speeds: [String: Release.Speed]) throws -> Report {
    let release = Release(report).measured(speeds)
    var regressions: Regressions?
    if let baseline {
      do {
        regressions = try Regressions(of: release, since: baseline, tolerances: policy.tolerances, allowed: allowed)
      } catch {
        throw AssayError("\(error)")
      }
    }
    let verdict = PolicyVerdict(
      report, release: release, regressions: regressions, policy: policy, today: Day.today,
      needsConfidence: needsConfidence)
    return report.checked(regressions, verdict)
  }
}
