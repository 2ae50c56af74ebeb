/// Counts by class, each bar in stacked parts.
struct Histogram {
  struct Bar {
    let label: String
    /// From the bottom up, in the order of ``kinds``.
    let counts: [Int]

    var total: Int { counts.reduce(0, +) }
  }

  let id: String
  let title: String
  let axisTitle: String
  /// Colour classes of the parts.
  let kinds: [String]
  let bars: [Bar]
  /// The largest bar of all histograms that are to be compared by eye.
  let maximum: Int

  private static let height = 96
  private static let top = 18

  var view: JSON {
    let bottom = Self.top + Self.height
    return .object([
      "id": .string(id), "title": .string(title), "axistitle": .string(axisTitle), "height": .integer(bottom + 38),
      "bottom": .integer(bottom), "labely": .integer(bottom + 15), "titley": .integer(bottom + 33),
      "bars": .array(bars.indices.map { view($0, bottom: bottom) }),
    ])
  }

  private func view(_ index: Int, bottom: Int) -> JSON {
    let bar = bars[index]
    let slot = 1 / Double(bars.count)
    var y = Double(bottom)
    let parts = zip(kinds, bar.counts).filter { $1 > 0 }.map { kind, count -> JSON in
      // A single prompt stays visible beside a thousand.
      let height = max(2, Double(count) / Double(max(maximum, 1)) * Double(Self.height))
      y -= height
      return .object([
        "x": .string(Axis.percent((Double(index) + 0.1) * slot)), "width": .string(Axis.percent(0.8 * slot)),
        "y": .string(y.printed(1)), "height": .string(height.printed(1)), "kind": .string(kind),
      ])
    }
    return .object([
      "parts": .array(parts), "label": .string(bar.label),
      "middle": .string(Axis.percent((Double(index) + 0.5) * slot)),
      "county": .string((y - 4).printed(1)), "count": bar.total > 0 ? .string("\(bar.total)") : .null,
    ])
  }
}
