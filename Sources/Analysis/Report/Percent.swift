internal import Statistics

/// A share in percent with as few decimals as tell the truth.
///
/// 98.996 % is below Category 2, so it must not be printed as 99.00 %: decimals are added, up to the four that MLPerf
/// compares, until the text is on the same side of both category limits as the number.
struct Percent: CustomStringConvertible {
  let description: String

  init(_ share: Double, decimals: Int) {
    let value = (share * 100).rounded(decimals: 4)
    let isTrue = { (decimals: Int) in
      Category(score: value.rounded(decimals: decimals), reference: 100)
        == Category(score: value, reference: 100)
    }
    description = value.printed((decimals..<4).first(where: isTrue) ?? 4)
  }
}

extension ConfidenceInterval {
  /// `[45.1, 56.7]` in percent.
  var percentText: String {
    "[\(Percent(low, decimals: 1)), \(Percent(high, decimals: 1))]"
  }
}

extension MetricResult {
  /// `50.92 % [45.1, 56.7]`, or why there is no share.
  var shareText: String { shareText(of: "") }

  /// `50.92 % of reference [45.1, 56.7]` for the whole " of reference".
  func shareText(of whole: String) -> String {
    guard let ratio else { return "undefined: the reference scores 0" }
    let interval = ratio.interval.map { " " + $0.percentText } ?? ""
    return "\(Percent(ratio.value, decimals: 2)) %\(whole)\(interval)"
  }
}

extension GateResult {
  /// `fail`, `Category 2 (99.0 %)`, or that there is no verdict.
  var verdictText: String { category?.title ?? "undefined" }

  /// The metric that decides with its share: `ROUGE-L 50.92 % of reference [45.1, 56.7]`.
  func decidingText(of whole: String = "") -> String {
    weakestMetric.map { "\($0.metric.title) \($0.shareText(of: whole))" } ?? "no metric is defined"
  }
}
