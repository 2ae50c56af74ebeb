/// What a submission's scores are held against.
package enum Gate: String, Hashable, Sendable, CaseIterable {
  /// The submission's outputs scored against the reference's outputs, which score 100 % against themselves.
  case reference
  /// The same, but the submission is led back onto the reference's token where the reference itself was undecided.
  case referenceTies = "reference-ties"
  /// Both scored against the ground truth (MLPerf's own procedure).
  case targets

  /// The gate in one sentence, for people who see it for the first time.
  package var explanation: String {
    switch self {
    case .reference:
      "Gate `reference`: the submission's texts are scored against the reference's texts, so it measures how much the "
        + "answers changed; a different but equally good answer counts as a loss."
    case .referenceTies:
      "Gate `reference-ties`: the same, but where the reference's own choice was a near-tie, within what rounding noise "
        + "can change, the submission is led back onto the reference's token; so only confident changes count."
    case .targets:
      "Gate `targets`: both runs are scored against the ground truth and the ratio is taken, so it measures how much "
        + "worse the answers became (MLPerf's own procedure)."
    }
  }
}
