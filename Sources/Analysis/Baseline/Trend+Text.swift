internal import Statistics

extension Trend {
  /// The series as eight heights of block, lowest to highest.
  package var sparkline: String {
    let values = points.map(\.mean.value)
    guard let low = values.min(), let high = values.max(), high > low else {
      return String(repeating: "▄", count: values.count)
    }
    let blocks = Array("▁▂▃▄▅▆▇█")
    return String(values.map { blocks[min(7, Int(($0 - low) / (high - low) * 8))] })
  }

  /// The trend for a terminal: table, sparkline, steps, and what is to be expected next.
  package func text(width: Int) -> String {
    let rows = points.indices.map { index in
      let step = steps.first { $0.release == points[index].release && levels.contains { $0.range.lowerBound == index } }
      return [
        points[index].release, points[index].submission, metric.text(points[index].mean.value),
        points[index].mean.interval.map { "[\(metric.text($0.low)), \(metric.text($0.high))]" } ?? "",
        step.map {
          "\($0.isImprovement ? "better" : "worse") by \(metric.changeText($0.after - $0.before)) \(metric.unit)"
        } ?? "",
      ]
    }
    let table = TextTable(
      headings: ["release", "scheme", metric.name, "95 % interval", "step"], rows: rows, dispensable: [3, 1])
    return
      ([
        "\(submission), \(metric.name): \(sparkline)",
        table.text(width: width) + stepLines.map { $0 + "\n" }.joined()
          + predictionText + "\n",
      ]).joined(separator: "\n")
  }

  private var stepLines: [String] {
    steps.map { step in
      let prompts = step.prompts.map { $0.id.excerpt(40) }.joined(separator: ", ")
      return "Step at \(step.release): \(metric.text(step.before)) to \(metric.text(step.after)), paired "
        + "\(metric.text(step.change)) \(metric.unit); most moved: \(prompts.isEmpty ? "none" : prompts)."
    }
  }

  /// What the next release will score if nothing changes.
  private var predictionText: String {
    prediction.map { "Next release, if nothing changes: \(metric.text($0.low)) to \(metric.text($0.high)) (95 %)." }
      ?? "No prediction: it takes a level that has lasted for two releases."
  }

  package var json: JSON {
    .members([
      "submission": .string(submission), "metric": .string(metric.name),
      "points": .array(
        points.map { point in
          .members([
            "release": .string(point.release), "submission": .string(point.submission),
            "mean": .number(point.mean.value), "interval": point.mean.interval.map { $0.json } ?? .null,
          ])
        }),
      "steps": .array(
        steps.map { step in
          .members([
            "release": .string(step.release), "before": .number(step.before), "after": .number(step.after),
            "improvement": .bool(step.isImprovement), "paired_change": .number(step.change.value),
            "interval": step.change.interval.map { $0.json } ?? .null,
            "prompts": .strings(step.prompts.map(\.id)),
          ])
        }),
      "prediction": prediction.map { $0.json } ?? .null,
    ])
  }
}
