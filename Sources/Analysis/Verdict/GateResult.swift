package import Metrics
package import Statistics

/// The verdict of one gate on one submission.
package struct GateResult: Hashable, Sendable {
  package let gate: Gate
  package let metrics: [MetricResult]
  /// The prompts the gate could use.
  package let promptCount: Int
  /// The worst category of the gating metrics: all must pass, nothing is averaged. `nil` when none of them is defined.
  package let category: Category?
  /// What ``category`` claims about the population of prompts; `nil` when there is none.
  package let claim: Claim?
  /// The one-sided p of ``claim``, corrected for its metrics.
  package let p: Double?
  /// ``p`` corrected for the submissions judged together (Holm); confidence rests on it.
  package let adjustedP: Double?
  /// How many submissions were judged together.
  package let familySize: Int

  package init(gate: Gate, metrics: [MetricResult], promptCount: Int) {
    let gating = metrics.filter { $0.isGating && $0.category != nil }
    let category = gating.compactMap(\.category).min()
    let claim = category.map { Claim($0) }
    let p = claim.map { Self.p(of: $0, gating) }
    self.init(
      gate: gate, metrics: metrics, promptCount: promptCount, category: category, claim: claim, p: p, adjustedP: p,
      familySize: 1)
  }

  /// Judges scores, whoever made them.
  ///
  /// - Parameters:
  ///   - signatures, samples: of each of `metrics`, the samples all of the same prompts.
  ///   - clusters: the cluster of each prompt, when they are not independent.
  ///   - isSequential: true when the number of prompts depended on their scores.
  package init(
    gate: Gate, metrics: [ROUGEVariant], gating: [ROUGEVariant], signatures: [Signature], samples: [PairedSample],
    clusters: [String]?, isSequential: Bool = false
  ) {
    let statistics = isSequential ? nil : PairedStatistics.all(samples, clusters: clusters)
    let results = parallelMap(samples.indices) { index in
      MetricResult(
        metric: metrics[index], signature: signatures[index], isGating: gating.contains(metrics[index]),
        sample: samples[index], clusters: clusters, isBounded: gate != .targets, isSequential: isSequential,
        statistics: statistics?[index])
    }
    self.init(gate: gate, metrics: results, promptCount: samples.first?.count ?? 0)
  }

  private init(
    gate: Gate, metrics: [MetricResult], promptCount: Int, category: Category?, claim: Claim?, p: Double?,
    adjustedP: Double?, familySize: Int
  ) {
    self.gate = gate
    self.metrics = metrics
    self.promptCount = promptCount
    self.category = category
    self.claim = claim
    self.p = p
    self.adjustedP = adjustedP
    self.familySize = familySize
  }

  /// The same verdicts with p values corrected for being judged together (Holm: the chance of any false confirmation is
  /// bounded).
  package static func corrected(_ gates: [GateResult]) -> [GateResult] {
    let adjusted = MultipleTests.holm(gates.map { $0.p ?? 1 })
    return zip(gates, adjusted).map { gate, p in
      GateResult(
        gate: gate.gate, metrics: gate.metrics, promptCount: gate.promptCount, category: gate.category,
        claim: gate.claim, p: gate.p, adjustedP: gate.p.map { _ in p }, familySize: gates.count)
    }
  }

  package var confidence: Confidence { Confidence(p: adjustedP) }

  /// How many prompts more would confirm the verdict with a power of 80 %, if they are like those so far: 0 when it is
  /// confirmed, `nil` when it is not known (scores at the limit, or beyond 10⁹).
  package var promptsNeeded: Int? {
    if confidence == .confirmed { return 0 }
    guard let claim else { return nil }
    let alpha = Confidence.alpha / Double(familySize)
    let needed: Int?
    switch claim {
    case .reaches(let category):
      let each = gatingMetrics.map { $0.promptsNeeded(reaching: category, alpha: alpha) }
      needed = each.contains(nil) ? nil : each.compactMap { $0 }.max()
    case .misses(let category):
      let shared = alpha / Double(gatingMetrics.count)
      needed = gatingMetrics.compactMap { $0.promptsNeeded(missing: category, alpha: shared) }.min()
    }
    return needed.map { max(1, $0 - promptCount) }
  }

  /// The one-sided p of a claim about all gating metrics together.
  ///
  /// Reaching takes all of them, so the largest p counts and nothing need be corrected (intersection-union test); one is
  /// enough for missing, so the smallest counts times their number (Bonferroni).
  package func p(of claim: Claim) -> Double { Self.p(of: claim, gatingMetrics) }

  private static func p(of claim: Claim, _ metrics: [MetricResult]) -> Double {
    switch claim {
    case .reaches(let category): metrics.map { $0.pReaches(category) }.max() ?? 1
    case .misses(let category): min(1, Double(metrics.count) * (metrics.map { $0.pMisses(category) }.min() ?? 1))
    }
  }

  private var gatingMetrics: [MetricResult] { metrics.filter { $0.isGating && $0.category != nil } }

  /// The gating metric that keeps the smallest share, which decides the verdict.
  package var weakestMetric: MetricResult? {
    metrics.filter { $0.isGating && $0.ratio != nil }.min { $0.ratio!.value < $1.ratio!.value }
  }
}
