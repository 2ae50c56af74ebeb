package import Metrics

/// A submission shown the reference's own answers, token by token: what it would have said at every step.
///
/// This is replay after every divergence: the reference's tokens are forced, so all disagreements are seen, not only
/// the first of each prompt.
package struct LogitTrace: Hashable, Sendable {
  /// In the reference's order; prompts without an answer are left out.
  package let prompts: [PromptTrace]
  /// All tokens together.
  package let summary: DistributionSummary?
  /// Errors that allow for the tokens of one prompt being alike; `nil` for fewer than two prompts.
  package let clustered: DistributionSummary.Clustered?
  /// Tokens at which a model gave NaN or an infinity.
  package let nonFinite: Int

  private let indices: [String: Int]

  package init(_ prompts: [PromptTrace]) {
    self.prompts = prompts
    var tally = DistributionTally()
    for prompt in prompts { tally += prompt.tally }
    summary = DistributionSummary(tally)
    clustered = DistributionSummary.Clustered(prompts.map(\.tally))
    nonFinite = tally.nonFinite
    indices = Dictionary(
      prompts.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package subscript(id: String) -> PromptTrace? { indices[id].map { prompts[$0] } }

  package var steps: Int { prompts.reduce(0) { $0 + $1.steps } }
  package var disagreements: [Disagreement] { prompts.flatMap(\.disagreements) }
}

/// One prompt of a ``LogitTrace``.
package struct PromptTrace: Hashable, Sendable {
  package let id: String
  /// Tokens of the reference's answer.
  package let steps: Int
  package let tally: DistributionTally
  /// The steps at which the submission's most likely token is not the reference's, in order.
  package let disagreements: [Disagreement]
  /// Both models' candidates at the first of them.
  package let first: DivergencePoint?

  package init(
    id: String, steps: Int, tally: DistributionTally, disagreements: [Disagreement],
    first: DivergencePoint?
  ) {
    self.id = id
    self.steps = steps
    self.tally = tally
    self.disagreements = disagreements
    self.first = first
  }

  /// The mean KL divergence in nats; `nil` when no token counts.
  package var meanDivergence: Double? {
    tally.count > 0 ? tally.divergences.reduce(0, +) / Double(tally.count) : nil
  }
}

/// A step at which the submission would choose another token.
package struct Disagreement: Hashable, Sendable {
  /// Counted from 0 at the answer's first token.
  package let step: Int
  /// The reference's best logit minus its second best.
  package let margin: Double

  package init(step: Int, margin: Double) {
    self.step = step
    self.margin = margin
  }

  /// Whether the reference itself was undecided: its margin is within what rounding noise alone can change.
  package func isNearTie(within threshold: Double) -> Bool { margin <= threshold }
}

/// What both models held likely at a step.
package struct DivergencePoint: Hashable, Sendable {
  package struct Candidate: Hashable, Sendable {
    package let token: Int32
    package let text: String
    package let logit: Double
    package let probability: Double

    package init(token: Int32, text: String, logit: Double, probability: Double) {
      self.token = token
      self.text = text.excerpt(40)
      self.logit = logit
      self.probability = probability
    }
  }

  /// How many candidates are kept of each model.
  package static let candidateCount = 5

  package let step: Int
  /// Best first.
  package let reference: [Candidate]
  package let submission: [Candidate]

  package init(step: Int, reference: [Candidate], submission: [Candidate]) {
    self.step = step
    self.reference = reference
    self.submission = submission
  }

  /// The reference's best logit minus its second best.
  package var margin: Double {
    reference.count > 1 ? reference[0].logit - reference[1].logit : .infinity
  }
  /// The reference's two highest probabilities, one minus the other.
  package var probabilityMargin: Double {
    reference.count > 1 ? reference[0].probability - reference[1].probability : 1
  }
}
