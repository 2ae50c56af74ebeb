package import Statistics

/// What one release of a suite scored, prompt by prompt: enough to compare any later release with it in pairs.
package struct Release: Hashable, Sendable {
  /// One prompt under one submission.
  package struct Score: Hashable, Sendable {
    package let id: String
    package let category: String?
    /// The start of the SHA-256 of the text: equal for equal outputs.
    package let digest: String
    /// The step at which the output leaves the reference's; `nil` when it does not.
    package let divergence: Int?
    package let values: [TrackedMetric: Double]

    package init(id: String, category: String?, digest: String, divergence: Int?, values: [TrackedMetric: Double]) {
      self.id = id
      self.category = category
      self.digest = digest
      self.divergence = divergence
      self.values = values
    }
  }

  package struct Submission: Hashable, Sendable {
    package let name: String
    package let provenance: Provenance?
    package let verdict: Category?
    /// Sorted by id.
    package let scores: [Score]
    /// Measured while the run was made, if it was.
    package let speed: Speed?
    private let indices: [String: Int]

    package init(name: String, provenance: Provenance?, verdict: Category?, scores: [Score], speed: Speed? = nil) {
      self.name = name.excerpt(200)
      self.provenance = provenance
      self.verdict = verdict
      let scores = scores.sorted { $0.id < $1.id }
      self.scores = scores
      self.speed = speed
      indices = Dictionary(scores.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(id: String) -> Score? { indices[id].map { scores[$0] } }

    /// The mean over the prompts that have the metric, with its t interval; `nil` when none has.
    package func mean(_ metric: TrackedMetric) -> Estimate? {
      let values = scores.compactMap { $0.values[metric] }
      guard !values.isEmpty else { return nil }
      return PairedSample(reference: values.map { _ in 0 }, submission: values)?.meanDifference()
    }

    func with(_ speed: Speed?) -> Submission {
      Submission(name: name, provenance: provenance, verdict: verdict, scores: scores, speed: speed)
    }
  }

  /// What a run cost on the machine that made it.
  package struct Speed: Hashable, Sendable {
    package let tokensPerSecond: Double
    /// The most memory the process had by then, in MiB.
    package let peakMebibytes: Double

    package init(tokensPerSecond: Double, peakMebibytes: Double) {
      self.tokensPerSecond = tokensPerSecond
      self.peakMebibytes = peakMebibytes
    }
  }

  package let suite: String
  /// `nil` until it is blessed.
  package let blessing: Blessing?
  package let gate: Gate
  package let reference: Reference
  /// The metrics that decide whether a release regressed.
  package let judged: [TrackedMetric]
  /// Every parameter that can change a score, apart from the tool's version.
  package let signatures: [TrackedMetric: String]
  package let submissions: [Submission]

  /// The outputs that scores are relative to.
  package struct Reference: Hashable, Sendable {
    package let name: String
    package let provenance: Provenance?

    package init(name: String, provenance: Provenance?) {
      self.name = name.excerpt(200)
      self.provenance = provenance
    }
  }

  /// What makes a result a baseline.
  package struct Blessing: Hashable, Sendable {
    package let name: String
    /// The place in the suite's history, from 1.
    package let sequence: Int
    /// `2026-11-24`
    package let date: String
    package let note: String?

    package init(name: String, sequence: Int, date: String, note: String? = nil) {
      self.name = name
      self.sequence = sequence
      self.date = date
      self.note = note
    }
  }

  package init(
    suite: String, blessing: Blessing?, gate: Gate, reference: Reference, judged: [TrackedMetric],
    signatures: [TrackedMetric: String], submissions: [Submission]
  ) {
    self.suite = suite.excerpt(120)
    self.blessing = blessing
    self.gate = gate
    self.reference = reference
    self.judged = judged
    self.signatures = signatures
    self.submissions = submissions
  }

  package func blessed(_ blessing: Blessing, suite: String? = nil) -> Release {
    Release(
      suite: suite ?? self.suite, blessing: blessing, gate: gate, reference: reference, judged: judged,
      signatures: signatures, submissions: submissions)
  }

  /// The same with what was measured, by submission.
  package func measured(_ speeds: [String: Speed]) -> Release {
    Release(
      suite: suite, blessing: blessing, gate: gate, reference: reference, judged: judged, signatures: signatures,
      submissions: submissions.map { $0.with(speeds[$0.name] ?? $0.speed) })
  }

  package var name: String { blessing?.name ?? "this run" }

  package subscript(submission: String) -> Submission? { submissions.first { $0.name == submission } }

  /// All metrics that some prompt has, in alphabetical order.
  package var metrics: [TrackedMetric] {
    Set(submissions.flatMap { $0.scores.flatMap(\.values.keys) }).sorted()
  }

  /// A release's history: oldest first.
  package static func inOrder(_ releases: [Release]) -> [Release] {
    releases.sorted { ($0.blessing?.sequence ?? .max, $0.name) < ($1.blessing?.sequence ?? .max, $1.name) }
  }
}
