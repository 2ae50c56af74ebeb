package import Metrics
internal import Statistics

/// The lines of llama.cpp's `perplexity` and `perplexity --kl-divergence` (050fc7f), for reading side by side.
///
/// Two things are different: an error whose square comes out negative by rounding is 0 here, where llama.cpp prints `-nan`;
/// and the final block is printed for fewer than 100 tokens too.
package enum PerplexityText {
  package static let heading =
    "chunk             PPL               ln(PPL(Q)/PPL(base))          KL Divergence              Δp RMS            Same top p"

  /// The line after a chunk: everything so far.
  package static func line(chunk: Int, _ s: DistributionSummary) -> String {
    let (ppl, ratio, kl) = (s.submissionPerplexity, s.logRatio, s.meanDivergence)
    let (change, same) = (s.rootMeanSquareChange.scaled(by: 100), s.sameTop[0].scaled(by: 100))
    return pad("\(chunk)", 4) + "    \(number(ppl.value, 9, 4)) ± \(number(ppl.error, 9, 4))"
      + "    \(number(ratio.value, 10, 5)) ± \(number(ratio.error, 10, 5))"
      + "    \(number(kl.value, 10, 5)) ± \(number(kl.error, 10, 5))"
      + "    \(number(change.value, 6, 3)) ± \(number(change.error, 6, 3)) %"
      + "    \(number(same.value, 6, 3)) ± \(number(same.error, 6, 3)) %"
  }

  /// The running perplexity of a text without a reference: `[1]12.1595,`.
  package static func running(chunk: Int, _ tally: LikelihoodTally) -> String {
    "[\(chunk)]\(tally.perplexity.value.fixedPoint(4)),"
  }

  package static func final(_ tally: LikelihoodTally) -> String {
    let perplexity = tally.perplexity
    return "Final estimate: PPL = \(perplexity.value.fixedPoint(4)) +/- \(perplexity.error.fixedPoint(5))"
  }

  /// The statistics after the last chunk.
  package static func block(_ s: DistributionSummary) -> String {
    let correlation = s.correlation.map { pad(($0 * 100).fixedPoint(2), 6) + "%" } ?? "undefined"
    let perplexity = [
      "====== Perplexity statistics ======",
      "Mean PPL(Q)                   : " + both(s.submissionPerplexity, 10, 10, 6),
      "Mean PPL(base)                : " + both(s.referencePerplexity, 10, 10, 6),
      "Cor(ln(PPL(Q)), ln(PPL(base))): " + correlation,
      "Mean ln(PPL(Q)/PPL(base))     : " + both(s.logRatio, 10, 10, 6),
      "Mean PPL(Q)/PPL(base)         : " + both(s.ratio, 10, 10, 6),
      "Mean PPL(Q)-PPL(base)         : " + both(s.difference, 10, 10, 6),
    ]
    let divergence =
      ["", "====== KL divergence statistics ======", "Mean    KLD: " + both(s.meanDivergence, 10, 10, 6)]
      + rows([.maximum, 99.9, 99, 95, 90, .median, 10, 5, 1, 0.1, .minimum]) { name, share in
        "\(name) KLD: " + number(s.divergences[share], 10, 6)
      }
    let change =
      [
        "", "====== Token probability statistics ======",
        "Mean    Δp: " + both(s.meanChange.scaled(by: 100), 6, 5, 3) + " %",
      ]
      + rows([.maximum, 99.9, 99, 95, 90, 75, .median, 25, 10, 5, 1, 0.1, .minimum]) { name, share in
        "\(name) Δp: " + number(100 * s.changes[share], 6, 3) + "%"
      } + [
        "RMS Δp    : " + both(s.rootMeanSquareChange.scaled(by: 100), 6, 5, 3) + " %",
        "Same top p: " + both(s.sameTop[0].scaled(by: 100), 6, 5, 3) + " %",
      ]
    return (perplexity + divergence + change).map { $0 + "\n" }.joined()
  }

  /// What rounding noise does to the base, and the statistics as multiples of it; not a block of llama.cpp's.
  package static func floor(_ floor: NoiseFloor, beside s: DistributionSummary) -> String {
    let times = floor.multiple(of: s.meanDivergence.value).map { number($0, 10, 1) } ?? "undefined"
    return [
      "", "====== Noise floor (\(floor.format), seed \(floor.seed)) ======",
      "Mean    KLD: " + both(floor.summary.meanDivergence, 10, 10, 6),
      "Maximum KLD: " + number(floor.summary.divergences.maximum, 10, 6),
      "RMS Δp    : " + both(floor.summary.rootMeanSquareChange.scaled(by: 100), 6, 5, 3) + " %",
      "Same top p: " + both(floor.summary.sameTop[0].scaled(by: 100), 6, 5, 3) + " %",
      "Mean KLD is so many times the floor: " + times,
    ].map { $0 + "\n" }.joined()
  }

  /// A percentile in percent; the ends and the middle have names.
  private enum Percentile: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    case maximum, median, minimum
    case percent(Double)

    init(floatLiteral value: Double) { self = .percent(value) }
    init(integerLiteral value: Int) { self = .percent(Double(value)) }

    var name: String {
      switch self {
      case .maximum: "Maximum"
      case .median: "Median "
      case .minimum: "Minimum"
      case .percent(let value): pad(value.fixedPoint(1), 4) + "%  "
      }
    }

    var share: Double {
      switch self {
      case .maximum: 1
      case .median: 0.5
      case .minimum: 0
      case .percent(let value): value / 100
      }
    }
  }

  private static func rows(_ percentiles: [Percentile], _ line: (String, Double) -> String) -> [String] {
    percentiles.map { line($0.name, $0.share) }
  }

  private static func both(_ measured: Measured, _ width: Int, _ errorWidth: Int, _ decimals: Int) -> String {
    number(measured.value, width, decimals) + " ± " + number(measured.error, errorWidth, decimals)
  }

  private static func number(_ value: Double, _ width: Int, _ decimals: Int) -> String {
    pad(value.fixedPoint(decimals), width)
  }
}

private func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
