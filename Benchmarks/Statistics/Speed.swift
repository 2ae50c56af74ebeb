import Analysis
import Metrics
import Statistics

/// The time of a full analysis, scores given: all statistics with 10,000 bootstrap draws of 24,576 prompts (MLPerf's OpenOrca)
/// by 4 submissions by 4 metrics.
enum Speed {
  private static let (prompts, submissions) = (24_576, 4)
  /// Seconds on two cores.
  private static let threshold = 2.0

  static func run() -> Bool {
    let metrics = ROUGEVariant.standard
    let runs = (0..<submissions).map { submission in
      metrics.indices.map { scores(seed: UInt64(submission * 16 + $0), unchanged: 0.2 + 0.2 * Double(submission)) }
    }
    let signatures = metrics.map { _ in Signature("benchmark", [:]) }
    let times = (0..<5).map { _ in
      ContinuousClock().measure {
        let gates = runs.map { samples in
          GateResult(
            gate: .reference, metrics: metrics, gating: ComparisonOptions.defaultGateMetrics, signatures: signatures,
            samples: samples, clusters: nil)
        }
        let judged = GateResult.corrected(gates)
        precondition(judged.allSatisfy { $0.p != nil && $0.promptsNeeded != nil }, "an analysis without a result")
      } / .seconds(1)
    }
    let median = times.sorted()[times.count / 2]
    print("| prompts | submissions | metrics | bootstrap draws | seconds (median of 5) | threshold |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(
      "| \(prompts) | \(submissions) | \(metrics.count) | \(PairedBootstrap.defaultDraws) | \(median.fixedPoint(2)) "
        + "| \(threshold.fixedPoint(1)) |")
    return median < threshold
  }

  private static func scores(seed: UInt64, unchanged: Double) -> PairedSample {
    var randomness = Randomness(seed: seed)
    let submission = (0..<prompts).map { _ in
      randomness.uniform() < unchanged ? 1 : randomness.beta(3, 2)
    }
    return PairedSample(reference: submission.map { _ in 1 }, submission: submission)!
  }
}
