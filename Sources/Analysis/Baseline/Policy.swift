/// How much a metric may change without being said to have changed.
package struct Tolerances: Hashable, Sendable {
  private let all: [TrackedMetric: Double]
  private let byCategory: [String: [TrackedMetric: Double]]

  /// - Parameters: by metric, and by category of prompts and metric; as shares of 1 for scores, in nats for divergence.
  package init(all: [TrackedMetric: Double] = [:], byCategory: [String: [TrackedMetric: Double]] = [:]) {
    self.all = all
    self.byCategory = byCategory
  }

  package subscript(metric: TrackedMetric, category: String?) -> Double {
    category.flatMap { byCategory[$0]?[metric] } ?? all[metric] ?? metric.defaultTolerance
  }

  /// The categories of prompts that are judged on their own.
  var categories: [String] { byCategory.keys.sorted() }
  func sets(_ metric: TrackedMetric, _ category: String) -> Bool { byCategory[category]?[metric] != nil }
}

/// What a team requires of every release, as a reviewed file says it.
package struct Policy: Hashable, Sendable {
  /// Limits on what a run costs.
  package struct Limits: Hashable, Sendable {
    package let minimumTokensPerSecond: Double?
    package let maximumMebibytes: Double?

    package init(minimumTokensPerSecond: Double? = nil, maximumMebibytes: Double? = nil) {
      self.minimumTokensPerSecond = minimumTokensPerSecond
      self.maximumMebibytes = maximumMebibytes
    }
  }

  /// A failure that is known and accepted until a day.
  package struct ExpectedFailure: Hashable, Sendable {
    package let submission: String
    package let reason: String
    /// The last day it is accepted, as `2026-12-31`.
    package let until: String

    package init(submission: String, reason: String, until: String) {
      self.submission = submission
      self.reason = reason
      self.until = until
    }
  }

  /// By submission; ``required`` for all others.
  package let requiredBySubmission: [String: Judgement.Requirement]
  package let required: Judgement.Requirement?
  package let gate: Gate?
  package let tolerances: Tolerances
  package let minimumPrompts: Int?
  package let limits: Limits
  package let expectedFailures: [ExpectedFailure]

  package init(
    required: Judgement.Requirement? = nil, requiredBySubmission: [String: Judgement.Requirement] = [:],
    gate: Gate? = nil, tolerances: Tolerances = Tolerances(), minimumPrompts: Int? = nil, limits: Limits = Limits(),
    expectedFailures: [ExpectedFailure] = []
  ) {
    self.required = required
    self.requiredBySubmission = requiredBySubmission
    self.gate = gate
    self.tolerances = tolerances
    self.minimumPrompts = minimumPrompts
    self.limits = limits
    self.expectedFailures = expectedFailures
  }
}
