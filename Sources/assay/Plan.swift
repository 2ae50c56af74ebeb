import Analysis
import LanguageModels

/// What `assay run` will do, resolved from suite and flags before any work starts.
struct Plan {
  let name: String
  let model: String
  let prompts: PromptSet
  /// The file they came from.
  let promptBytes: [UInt8]
  /// What schemes learn from, where one of them does.
  let calibration: PromptSet?
  let reference: Scheme
  let submissions: [Scheme]
  let settings: GenerationSettings
  let options: ComparisonOptions
  let requirement: Judgement.Requirement
  /// The seed of the order of prompts when submissions end as soon as they are settled; `nil` when they answer all.
  let orderSeed: UInt64?
  let output: String
  /// `nil` when logits are not looked at.
  let noise: RoundingNoise?
  /// `nil` when there is neither a policy nor a baseline.
  let check: ReleaseCheck?

  /// When a submission has answered enough; `nil` when it answers all prompts.
  func stoppingRule(_ reference: Run) -> StoppingRule? {
    guard let orderSeed, let category = requirement.category else { return nil }
    return StoppingRule(
      reference: reference, truth: GroundTruth(prompts), options: options, category: category,
      submissions: submissions.count, seed: orderSeed)
  }

  /// Where a scheme's run is kept.
  func runPath(_ scheme: Scheme) -> String {
    let file = scheme.description.map { "=,+-._".contains($0) || $0.isLetter || $0.isNumber ? String($0) : "-" }
    return "\(output)/runs/\(file.joined()).jsonl"
  }
}

/// Names used by suites and flags for what has to be reached.
extension Judgement.Requirement {
  static let names = ["99.9", "99", "none"]

  /// - Returns: `nil` for a name that is not one of ``names``.
  init?(name: String, needsConfidence: Bool) {
    switch name {
    case "99.9": self.init(category: .category1, needsConfidence: needsConfidence)
    case "99", "99.0": self.init(category: .category2, needsConfidence: needsConfidence)
    case "none": self.init(category: nil, needsConfidence: false)
    default: return nil
    }
  }
}
