internal import Foundation

/// A horizontal axis: where a value lies, from 0 at the left end to 1 at the right, and what is written below it.
struct Axis {
  struct Tick {
    let value: Double
    let label: String
  }

  let title: String
  let ticks: [Tick]
  private let place: @Sendable (Double) -> Double

  /// 0 to 1 for a value; what lies outside is drawn at the end.
  func position(_ value: Double) -> Double { min(max(place(value), 0), 1) }

  /// The kept share of a score, stretched toward 100 % so that 99.0 and 99.9 % are apart: equal steps for a loss of 100, 10,
  /// 1, 0.1 and 0.01 %.
  static let keptShare = Axis(
    title: "% of the reference's score, stretched toward 100",
    ticks: [(0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99.0"), (0.999, "99.9"), (1, "100")]
      .map { Tick(value: $0.0, label: $0.1) },
    place: { share in share >= 0.9999 ? 1 : -log10(1 - max(share, 0)) / 4 })

  /// Powers of ten from below the smallest to above the largest positive value.
  static func powers(of values: [Double], title: String) -> Axis {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    let low = max((log10(positive.min() ?? 1e-3)).rounded(.down), -12)
    let high = max((log10(positive.max() ?? 1)).rounded(.up), low + 1)
    let step = high - low > 6 ? 2.0 : 1.0
    return Axis(
      title: title,
      ticks: stride(from: low, through: high, by: step).map { Tick(value: pow(10, $0), label: powerText(Int($0))) },
      place: { $0 > 0 ? (log10($0) - low) / (high - low) : 0 })
  }

  private static func powerText(_ exponent: Int) -> String {
    switch exponent {
    case -3..<0: "0." + String(repeating: "0", count: -exponent - 1) + "1"
    case 0...3: "1" + String(repeating: "0", count: exponent)
    default: "1e\(exponent)"
    }
  }
}

extension Axis {
  /// A position as SVG wants it. Percentages let a chart grow with the page while its letters keep their size.
  func percent(_ value: Double) -> String { Self.percent(position(value)) }

  static func percent(_ fraction: Double) -> String { (fraction * 100).printed(2) + "%" }

  var view: JSON {
    .array(
      ticks.map { tick in
        let position = position(tick.value)
        let anchor = position < 0.04 ? "start" : position > 0.96 ? "end" : "middle"
        return .object([
          "x": .string(Self.percent(position)), "label": .string(tick.label), "anchor": .string(anchor),
        ])
      })
  }
}
