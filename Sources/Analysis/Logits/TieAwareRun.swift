/// A submission's answers when it is led back onto the reference's token at the reference's own near-ties.
package struct TieAwareRun: Hashable, Sendable {
  package let run: Run
  /// Steps at which it was led back.
  package let ledBack: Int
  /// The largest margin of a near-tie: what rounding noise alone can change.
  package let threshold: Double

  package init(run: Run, ledBack: Int, threshold: Double) {
    self.run = run
    self.ledBack = ledBack
    self.threshold = threshold
  }
}
