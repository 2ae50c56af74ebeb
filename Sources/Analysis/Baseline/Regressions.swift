/// A release beside a baseline: what changed for each submission, and for the worse.
package struct Regressions: Hashable, Sendable {
  package struct Submission: Hashable, Sendable {
    package let name: String
    /// What it is called in the baseline, when that is another scheme in the same place.
    package let baselineName: String
    /// The prompts of the baseline.
    package let promptCount: Int
    /// The prompts whose output has the same bytes in both.
    package let identicalCount: Int
    /// The prompts of the baseline that the release did not answer.
    package let missing: [String]
    /// The prompts that the baseline did not have; they are not compared.
    package let added: [String]
    package let changes: [MetricChange]
    package let prompts: [PromptChange]

    /// The worst of all changes; a missing prompt is a regression.
    package var outcome: RegressionOutcome {
      missing.isEmpty ? changes.map(\.outcome).max() ?? .inconclusive : .regressed
    }
  }

  package let baseline: Release
  package let submissions: [Submission]
  /// The submissions of the baseline that the release does not have; each is a regression.
  package let missingSubmissions: [String]
  /// The submissions that the baseline did not have.
  package let addedSubmissions: [String]
  /// What differs and was accepted.
  package let notes: [String]

  package var outcome: RegressionOutcome {
    missingSubmissions.isEmpty ? submissions.map(\.outcome).max() ?? .inconclusive : .regressed
  }

  /// - Parameters:
  ///   - allowed: fields of provenance that may differ although that makes scores incomparable.
  /// - Throws: ``BaselineError`` when releases must not be compared.
  package init(
    of release: Release, since baseline: Release, tolerances: Tolerances = Tolerances(), allowed: Set<String> = []
  ) throws(BaselineError) {
    let pairs = Self.pairs(release, baseline)
    var differences = Self.differences(release, baseline)
    for (new, old) in pairs {
      guard let new = new.provenance, let old = old.provenance else { continue }
      differences += old.differences(in: new).map { Difference($0) }
    }
    var unique: [Difference] = []
    for difference in differences where !unique.contains(difference) { unique.append(difference) }
    let refused = unique.filter { !$0.isAcceptable && !allowed.contains($0.field) }
    guard refused.isEmpty else { throw .incompatible(baseline: baseline.name, differences: refused) }

    let candidates = pairs.map { new, old in Self.candidates(new, old, release.judged, tolerances) }
    var judged = MetricChange.judged(candidates.flatMap { $0 })[...]
    self.baseline = baseline
    submissions = zip(pairs, candidates).map { pair, candidates in
      let changes = Array(judged.prefix(candidates.count))
      judged = judged.dropFirst(candidates.count)
      let (new, old) = pair
      let metric = release.judged.first { $0.isScore } ?? .divergence
      return Submission(
        name: new.name, baselineName: old.name, promptCount: old.scores.count,
        identicalCount: old.scores.count { new[$0.id]?.digest == $0.digest },
        missing: old.scores.map(\.id).filter { new[$0] == nil }, added: new.scores.map(\.id).filter { old[$0] == nil },
        changes: changes, prompts: PromptChange.all(new, old, metric: metric))
    }
    let (newNames, oldNames) = (pairs.map(\.0.name), pairs.map(\.1.name))
    missingSubmissions = baseline.submissions.map(\.name).filter { !oldNames.contains($0) }
    addedSubmissions = release.submissions.map(\.name).filter { !newNames.contains($0) }
    notes =
      unique.map(\.sentence)
      + pairs.filter { $0.0.provenance == nil || $0.1.provenance == nil }.map {
        "'\($0.0.name)' does not say where it comes from, so prompts and settings could not be checked"
      }
  }

  /// Submissions of one name belong together; where either side has only one, these two do.
  static func pairs(_ release: Release, _ baseline: Release) -> [(Release.Submission, Release.Submission)] {
    if release.submissions.count == 1, baseline.submissions.count == 1 {
      return [(release.submissions[0], baseline.submissions[0])]
    }
    return release.submissions.compactMap { new in baseline[new.name].map { (new, $0) } }
  }

  private static func candidates(
    _ new: Release.Submission, _ old: Release.Submission, _ judged: [TrackedMetric], _ tolerances: Tolerances
  ) -> [MetricChange.Candidate] {
    let pairs = old.scores.compactMap { score in new[score.id].map { (baseline: score, release: $0) } }
    let whole = judged.compactMap { metric in
      MetricChange.Candidate(metric, category: nil, pairs: pairs, tolerance: tolerances[metric, nil])
    }
    let parts = tolerances.categories.flatMap { category in
      judged.compactMap { metric in
        tolerances.sets(metric, category)
          ? MetricChange.Candidate(metric, category: category, pairs: pairs, tolerance: tolerances[metric, category])
          : nil
      }
    }
    return whole + parts
  }

  /// Where releases differ as a whole.
  private static func differences(_ release: Release, _ baseline: Release) -> [Difference] {
    var differences: [Difference] = []
    if release.gate != baseline.gate {
      differences.append(Difference("gate", baseline.gate.rawValue, release.gate.rawValue, isAcceptable: false))
    }
    for metric in release.judged {
      guard let old = baseline.signatures[metric], let new = release.signatures[metric], old != new else { continue }
      differences.append(Difference("signature of \(metric.name)", old, new, isAcceptable: false))
    }
    if let old = baseline.reference.provenance, let new = release.reference.provenance {
      if old.scheme != new.scheme {
        differences.append(Difference("reference", old.scheme, new.scheme, isAcceptable: false))
      }
    }
    return differences
  }

  /// A field in which a release departs from its baseline.
  package struct Difference: Hashable, Sendable {
    package let field: String
    package let baseline: String
    package let release: String
    package let isAcceptable: Bool

    init(_ field: String, _ baseline: String, _ release: String, isAcceptable: Bool) {
      self.field = field
      self.baseline = baseline
      self.release = release
      self.isAcceptable = isAcceptable
    }

    init(_ difference: ProvenanceDifference) {
      self.init(
        difference.field, difference.reference, difference.submission, isAcceptable: difference.isAcceptable)
    }

    var sentence: String {
      "\(field) differs: \(baseline.excerpt(120)) in the baseline, \(release.excerpt(120)) now"
    }
  }
}

/// How one prompt's output changed between two releases.
package struct PromptChange: Hashable, Sendable {
  package let id: String
  /// Positive for better, in the units of the metric it is about.
  package let gain: Double
  package let baseline: Double
  package let release: Double

  /// The prompts with another output, the greatest losses first, by one metric.
  static func all(_ new: Release.Submission, _ old: Release.Submission, metric: TrackedMetric) -> [PromptChange] {
    let changes = old.scores.compactMap { score -> PromptChange? in
      guard let now = new[score.id], now.digest != score.digest, let before = score.values[metric],
        let after = now.values[metric]
      else { return nil }
      return PromptChange(
        id: score.id, gain: metric.isHigherBetter ? after - before : before - after, baseline: before, release: after)
    }
    return changes.sorted { ($0.gain, $0.id) < ($1.gain, $1.id) }
  }
}

/// Why a release was not compared with a baseline.
package enum BaselineError: Error, Hashable, Sendable {
  case incompatible(baseline: String, differences: [Regressions.Difference])
}

extension BaselineError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .incompatible(let baseline, let differences):
      let fields = differences.map {
        "\($0.field) is '\($0.release.excerpt(80))' but '\($0.baseline.excerpt(80))' in the baseline"
      }
      let names = differences.map(\.field).map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: ",")
      return "the release cannot be compared with the baseline '\(baseline.excerpt(60))': "
        + "\(fields.joined(separator: "; ")); bless a new baseline, or accept it with --allow \(names)"
    }
  }
}
