internal import Statistics

/// Whether submissions meet what is required of them.
package struct Judgement: Hashable, Sendable {
  /// What has to be reached.
  package struct Requirement: Hashable, Sendable {
    /// The category every submission must reach; `nil` reports without gating.
    package let category: Category?
    /// True when a point verdict is not enough: it must be confirmed for the population of prompts.
    package let needsConfidence: Bool

    package init(category: Category?, needsConfidence: Bool = false) {
      self.category = category
      self.needsConfidence = needsConfidence
    }
  }

  package enum Outcome: String, Hashable, Sendable {
    case met
    case notMet = "not met"
    case inconclusive
  }

  package let requirement: Requirement
  /// One outcome per submission, in order.
  package let outcomes: [Outcome]
  /// The worst of them: not met before inconclusive before met.
  package let outcome: Outcome

  /// Judges the deciding gate of each submission; where confidence is needed, p values are corrected for their number (Holm).
  package init(_ gates: [GateResult], requirement: Requirement) {
    self.requirement = requirement
    outcomes = requirement.category.map { Self.outcomes(of: gates, $0, requirement) } ?? gates.map { _ in .met }
    outcome =
      if outcomes.contains(.notMet) { .notMet } else if outcomes.contains(.inconclusive) { .inconclusive } else { .met }
  }

  private static func outcomes(of gates: [GateResult], _ required: Category, _ requirement: Requirement) -> [Outcome] {
    let claims = gates.map { $0.category.map { Claim($0, required: required) } }
    let p = MultipleTests.holm(zip(gates, claims).map { gate, claim in claim.map { gate.p(of: $0) } ?? 1 })
    return zip(claims, p).map { claim, p in
      guard let claim, !requirement.needsConfidence || Confidence(p: p) == .confirmed else { return .inconclusive }
      return if case .reaches = claim { .met } else { .notMet }
    }
  }
}
