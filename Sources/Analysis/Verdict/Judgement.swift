/// Whether submissions meet what is required of them.
package struct Judgement: Hashable, Sendable {
  /// What has to be reached.
  package struct Requirement: Hashable, Sendable {
    /// The category every submission must reach; `nil` reports without gating.
    package let category: Category?
    /// True when a point verdict is not enough: the whole interval must be on the right side.
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

  /// Judges the deciding gate of each submission.
  package init(_ gates: [GateResult], requirement: Requirement) {
    self.requirement = requirement
    outcomes = gates.map { Self.outcome(of: $0, requirement) }
    outcome =
      if outcomes.contains(.notMet) { .notMet } else if outcomes.contains(.inconclusive) { .inconclusive } else { .met }
  }

  private static func outcome(of gate: GateResult, _ requirement: Requirement) -> Outcome {
    guard let required = requirement.category else { return .met }
    guard let category = gate.category else { return .inconclusive }
    guard requirement.needsConfidence else { return category >= required ? .met : .notMet }
    return switch gate.conclusion(on: required) {
    case .met: .met
    case .missed: .notMet
    case .open: .inconclusive
    }
  }
}
