internal import Metrics
internal import Statistics

/// When a submission has answered enough prompts to know whether it reaches the required category.
///
/// Prompts are taken in a random order with a printed seed, because files are often sorted by kind. After every eighth prompt
/// (whatever batch and threads are) each gating metric's bets decide: settled when all have won that the category is
/// reached, or one that it is missed. The tests hold at every number of prompts and share α among the submissions.
package struct StoppingRule {
  /// Prompts between two looks.
  package static let step = 8

  package let seed: UInt64
  /// Places in the reference's order: the order in which prompts are answered.
  package let order: [Int]
  private let reference: Run
  private let truth: GroundTruth
  private let gate: Gate
  private let scorer: ROUGEScorer
  private let alpha: Double
  private var shares: [SequentialShare]
  private var count = 0

  /// - Parameters:
  ///   - category: what is required.
  ///   - submissions: how many are judged together.
  package init(
    reference: Run, truth: GroundTruth, options: ComparisonOptions, category: Category, submissions: Int, seed: UInt64
  ) {
    self.seed = seed
    self.reference = reference
    self.truth = truth
    gate = options.gate
    scorer = ROUGEScorer(variants: options.gateMetrics, stemming: options.stemming)
    alpha = Confidence.alpha / Double(max(submissions, 1))
    let share = SequentialShare(limit: category.share ?? 0, isBounded: options.gate != .targets)
    shares = options.gateMetrics.map { _ in share }
    var generator = SplitMix64(seed: seed)
    order = generator.permutation(of: reference.outputs.count)
  }

  /// Takes the next answer in ``order``.
  package mutating func add(_ output: Output) {
    count += 1
    guard let answer = reference[output.id] else { return }
    let prompt = PromptComparison(reference: answer, submission: output, truth: truth, scorer: scorer)
    guard let scores = prompt.scores(for: gate) else { return }
    for metric in shares.indices {
      shares[metric].add(reference: scores.reference[metric], submission: scores.submission[metric])
    }
  }

  /// True at a look that settles the verdict, with prompts left.
  package var isSettled: Bool {
    guard count % Self.step == 0, count < order.count, !shares.isEmpty else { return false }
    // A hair below α, so that p computed again from sums in another order is below it too.
    let limit = alpha * (1 - 1e-6)
    return shares.allSatisfy { $0.pReaches <= limit }
      || shares.contains { $0.pMisses * Double(shares.count) <= limit }
  }
}

/// That a run ended when its verdict was settled.
package struct EarlyStop: Hashable, Sendable {
  /// The prompts there would have been.
  package let plannedCount: Int
  /// The seed of the random order in which prompts were answered.
  package let seed: UInt64

  package init(plannedCount: Int, seed: UInt64) {
    self.plannedCount = plannedCount
    self.seed = seed
  }
}
