package import Statistics

/// The scores of one metric by methods that people know from elsewhere, beside the ones the verdict rests on.
package struct PairedStatistics: Hashable, Sendable {
  /// Submission minus reference, with its t interval, clustered where prompts have categories.
  package let difference: Estimate
  /// Fieller's t interval of the ratio, likewise.
  package let fieller: ConfidenceInterval?
  /// The bootstrap interval of the ratio, bias-corrected and accelerated.
  package let bootstrap: ConfidenceInterval?
  package let draws: Int
  package let seed: UInt64
  /// Two-sided p of no difference: Wilcoxon's signed ranks, and sign flips.
  package let wilcoxonP: Double?
  package let signFlipP: Double?
  /// p of a mean difference within 1 % of the reference's mean (TOST).
  package let equivalenceP: Double?
  /// d_z, the mean difference by its standard deviation.
  package let effectSize: Double?
  /// The share of prompts on which the submission scores higher, equal ones counted half.
  package let superiority: Double
  /// The asymptotic confidence sequence of the mean difference, which may be looked at after every prompt.
  package let sequence: ConfidenceInterval?

  private static let equivalenceMargin = 0.01
  private static let flipDraws = 1000

  /// The statistics of several metrics of the same prompts, computed side by side.
  package static func all(_ samples: [PairedSample], clusters: [String]?) -> [PairedStatistics] {
    let bootstrap = PairedBootstrap(samples, clusters: clusters)
    return parallelMap(samples.indices) { PairedStatistics(samples[$0], clusters, bootstrap, metric: $0) }
  }

  private init(_ sample: PairedSample, _ clusters: [String]?, _ bootstrap: PairedBootstrap?, metric: Int) {
    let differences = sample.differences
    difference = clusters.map { sample.meanDifference(clusters: $0) } ?? sample.meanDifference()
    fieller = (clusters.map { sample.ratioOfMeans(clusters: $0) } ?? sample.ratioOfMeans())?.interval
    self.bootstrap = bootstrap?.ratioInterval(metric)
    draws = bootstrap?.draws ?? 0
    seed = bootstrap?.seed ?? 0
    wilcoxonP = WilcoxonSignedRank(differences)?.p
    signFlipP = SignFlipTest(differences, draws: Self.flipDraws)?.p
    equivalenceP = sample.reference.mean.flatMap {
      Equivalence(differences, margin: Self.equivalenceMargin * $0)?.p
    }
    effectSize = sample.standardizedDifference
    superiority = sample.superiority
    sequence = ConfidenceSequence(tightestAt: sample.count).interval(of: differences)
  }
}
