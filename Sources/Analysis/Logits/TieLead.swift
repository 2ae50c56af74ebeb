/// What becomes of a submission's answer that is led back onto the reference's token at the reference's near-ties.
package enum TieLead: Hashable, Sendable {
  /// It never leaves the reference's answer, unless led back.
  case reference
  /// Its own answer: nothing is led back before its first confident change.
  case submission
  /// It follows the reference up to this step, and from there on it is free.
  case free(step: Int)

  /// - Parameters:
  ///   - disagreements: with the reference's tokens forced, in order.
  ///   - threshold: the largest margin of a near-tie.
  package init(_ disagreements: [Disagreement], threshold: Double) {
    switch disagreements.firstIndex(where: { !$0.isNearTie(within: threshold) }) {
    case nil: self = .reference
    case 0: self = .submission
    case let index?: self = .free(step: disagreements[index].step)
    }
  }
}
