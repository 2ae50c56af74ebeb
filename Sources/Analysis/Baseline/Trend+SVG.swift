internal import Statistics

extension Trend {
  private static let (width, height, margin) = (720.0, 260.0, 48.0)

  /// A chart of the means with their intervals, the levels as lines, and the prediction as a band.
  package var svg: String {
    let intervals = points.compactMap(\.mean.interval) + [prediction].compactMap { $0 }
    let values = points.map(\.mean.value) + intervals.flatMap { [$0.low, $0.high] }
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let span = high > low ? high - low : 1
    let x = { (index: Int) in
      Self.margin + Double(index) * (Self.width - 2 * Self.margin) / Double(max(1, points.count))
    }
    let y = { (value: Double) in
      Self.height - Self.margin - (value - low) / span * (Self.height - 2 * Self.margin)
    }
    let bars = points.enumerated().compactMap { index, point in
      point.mean.interval.map { line(x(index), y($0.low), x(index), y($0.high), "lightsteelblue", 2) }
    }
    let lines = levels.map { level in
      line(
        x(level.range.lowerBound) - 6, y(level.mean), x(level.range.upperBound - 1) + 6, y(level.mean), "royalblue", 2)
    }
    let dots = points.enumerated().map { index, point in
      let isStep = levels.dropFirst().contains { $0.range.lowerBound == index }
      let title = "\(point.release): \(metric.text(point.mean.value))".xmlEscaped
      let place = #"cx="\#(n(x(index)))" cy="\#(n(y(point.mean.value)))" r="4""#
      return #"<circle \#(place) fill="\#(isStep ? "crimson" : "royalblue")">"#
        + "<title>\(title)</title></circle>"
    }
    let band = prediction.map { interval in
      let (top, bottom) = (y(interval.high), y(interval.low))
      let place = #"x="\#(n(x(points.count) - 8))" y="\#(n(top))" width="16" height="\#(n(max(1, bottom - top)))""#
      return #"<rect \#(place) fill="royalblue" opacity="0.25"><title>next release</title></rect>"#
    }
    let labels =
      [text(4, y(high) + 4, metric.text(high)), text(4, y(low) + 4, metric.text(low))]
      + [(0, "start"), (points.count - 1, "end")].map { index, anchor in
        text(x(index), Self.height - 16, points[index].release.excerpt(30), anchor: anchor == "end" ? "middle" : anchor)
      }
    let title = text(Self.margin, 20, "\(submission.excerpt(60)), \(metric.name)")
    let size = "\(n(Self.width)) \(n(Self.height))"
    return #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(size)" font-family="sans-serif" font-size="12">"#
      + "\n" + (bars + lines + dots + [band].compactMap { $0 } + labels + [title]).joined(separator: "\n")
      + "\n</svg>\n"
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String, _ width: Int) -> String {
    #"<line x1="\#(n(x1))" y1="\#(n(y1))" x2="\#(n(x2))" y2="\#(n(y2))" stroke="\#(color)" stroke-width="\#(width)"/>"#
  }

  private func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start") -> String {
    #"<text x="\#(n(x))" y="\#(n(y))" text-anchor="\#(anchor)">\#(text.xmlEscaped)</text>"#
  }

  private func n(_ value: Double) -> String { value.printed(1) }
}
