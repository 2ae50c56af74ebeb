package import Metrics

/// How outputs are scored and which scores decide.
package struct ComparisonOptions: Hashable, Sendable {
  /// MLPerf's choice for language models.
  package static let defaultGateMetrics: [ROUGEVariant] = [.n(1), .n(2), .l]

  /// Everything that is computed: the standard family, then gate metrics outside it.
  package let metrics: [ROUGEVariant]
  /// Each of these must reach a category.
  package let gateMetrics: [ROUGEVariant]
  /// Compare words by their Porter stem, as MLPerf does.
  package let stemming: Bool
  /// The gate whose verdict decides.
  package let gate: Gate

  package init(
    gateMetrics: [ROUGEVariant] = defaultGateMetrics, stemming: Bool = true, gate: Gate = .reference
  ) {
    let extra = gateMetrics.filter { !ROUGEVariant.standard.contains($0) }
    metrics = ROUGEVariant.standard + extra
    self.gateMetrics = gateMetrics
    self.stemming = stemming
    self.gate = gate
  }
}
