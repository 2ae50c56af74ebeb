/// Whether the sample is large enough to stand behind a point verdict.
package enum Confidence: String, Hashable, Sendable {
  case confirmed
  case unconfirmed

  /// The largest one-sided p, corrected for many tests, that confirms: what a two-sided 95 % interval leaves on each side (the
  /// convention of ICH E9 for non-inferiority).
  package static let alpha = 0.025

  init(p: Double?) { self = (p ?? 1) <= Self.alpha ? .confirmed : .unconfirmed }
}

/// What a verdict says about the population of prompts, to be confirmed or not.
package enum Claim: Hashable, Sendable {
  /// Every gating metric keeps at least the category's share.
  case reaches(Category)
  /// At least one gating metric keeps less than the category's share.
  case misses(Category)

  /// What a point verdict claims: the category, or that even Category 2 is missed.
  init(_ verdict: Category) {
    self = verdict == .fail ? .misses(.category2) : .reaches(verdict)
  }

  /// What a point verdict says about what is required.
  init(_ verdict: Category, required: Category) {
    self = verdict >= required ? .reaches(required) : .misses(required)
  }

  /// `reaches 99.9` or `misses 99`, as machines read it.
  package var name: String {
    switch self {
    case .reaches(let category): "reaches \(category.rawValue)"
    case .misses(let category): "misses \(category.rawValue)"
    }
  }
}
