package import Tensors

/// Two models reading the same text in lockstep, a block of positions at a time.
///
/// Only the logits of ``positionsPerBlock`` positions of each model are in memory at once.
package struct TeacherForcedEvaluation {
  package let reference: any LogitSource
  /// `nil` when only the reference is looked at.
  package let submission: (any LogitSource)?
  private let pool: WorkerPool

  /// Positions whose logits are in memory together; a wide tile is fast, and 128 of them are a few dozen megabytes.
  package static let positionsPerBlock = 128

  /// - Precondition: both have the same vocabulary.
  package init(reference: any LogitSource, submission: (any LogitSource)? = nil, pool: WorkerPool) {
    precondition(submission.map { $0.vocabularySize == reference.vocabularySize } ?? true, "the same vocabulary")
    self.reference = reference
    self.submission = submission
    self.pool = pool
  }

  /// What the models say at a block of scored positions.
  package struct Block {
    package let window: TextWindow
    /// Counted from the window's first scored position.
    package let range: Range<Int>
    package let reference: LogitBlock
    package let submission: LogitBlock?
    /// One a position; empty without a submission.
    package let comparisons: [LogitComparison]
  }

  /// Reads one window and hands over its blocks in order.
  package func read(_ window: TextWindow, _ body: (Block) throws -> Void) throws {
    try reference.read(window)
    try submission?.read(window)
    for start in stride(from: 0, to: window.scored.count, by: Self.positionsPerBlock) {
      let range = start..<min(window.scored.count, start + Self.positionsPerBlock)
      let block = try reference.logits(range)
      let other = try submission?.logits(range)
      let comparisons = other.map { pool.compare(reference: block, submission: $0) } ?? []
      try body(Block(window: window, range: range, reference: block, submission: other, comparisons: comparisons))
    }
  }
}
