/// Ranges with marks over one axis, a row for each thing that is compared.
struct RangeChart {
  struct Mark {
    enum Shape: String { case dot, diamond, tick, cross }
    let shape: Shape
    let value: Double
  }

  struct Row {
    /// What this row and those below it are about, on a line of its own, because names of schemes are long.
    var heading: String?
    let label: String
    /// The numbers in words, at the right end of the label's line.
    let text: String
    let range: ClosedRange<Double>?
    let marks: [Mark]
    /// `fail`, `category2`, `category1` or `neutral`: colour, which always repeats what words say.
    let kind: String
  }

  struct Line {
    let value: Double
    let kind: String
  }

  /// A named part of the axis.
  struct Zone {
    let from: Double
    let to: Double
    let label: String
    let kind: String
  }

  let id: String
  let title: String
  let caption: String
  let axis: Axis
  var zones: [Zone] = []
  var lines: [Line] = []
  let rows: [Row]
  let table: DataTable

  private static let rowHeight = 40
  private static let headingHeight = 20
  private static let top = 24

  var view: JSON {
    var tops: [Int] = []
    var next = Self.top
    for row in rows {
      tops.append(next)
      next += Self.rowHeight + (row.heading == nil ? 0 : Self.headingHeight)
    }
    let bottom = next + 6
    return .object([
      "id": .string(id), "title": .string(title), "caption": .string(caption), "axistitle": .string(axis.title),
      "height": .integer(bottom + 40), "bottom": .integer(bottom), "ticky": .integer(bottom + 16),
      "titley": .integer(bottom + 34), "ticks": axis.view,
      "zones": .array(zones.map(view)),
      "lines": .array(lines.map { ["x": .string(axis.percent($0.value)), "kind": .string($0.kind)] }.map(JSON.object)),
      "rows": .array(zip(rows, tops).map(view)),
      "table": table.view,
    ])
  }

  private func view(_ zone: Zone) -> JSON {
    let (low, high) = (axis.position(zone.from), axis.position(zone.to))
    return .object([
      "x": .string(Axis.percent(low)), "width": .string(Axis.percent(high - low)),
      "middle": .string(Axis.percent((low + high) / 2)), "label": .string(zone.label), "kind": .string(zone.kind),
    ])
  }

  private func view(_ row: Row, at heading: Int) -> JSON {
    let top = heading + (row.heading == nil ? 0 : Self.headingHeight)
    let middle = top + 28
    return .object([
      "heading": row.heading.map(JSON.string) ?? .null, "headingy": .integer(heading + 17),
      "label": .string(row.label), "text": .string(row.text), "kind": .string(row.kind),
      "labely": .integer(top + 15), "middle": .integer(middle),
      "range": row.range.map { range in
        .object([
          "low": .string(axis.percent(range.lowerBound)), "high": .string(axis.percent(range.upperBound)),
          "top": .integer(middle - 5), "end": .integer(middle + 5),
        ])
      } ?? .null,
      "marks": .array(
        row.marks.map { mark in
          .object([
            "x": .string(axis.percent(mark.value)), "y": .integer(middle), mark.shape.rawValue: true,
          ])
        }),
    ])
  }
}

/// The numbers behind a chart. The first column names the row.
struct DataTable {
  let headings: [String]
  let rows: [[String]]

  var view: JSON {
    .object([
      "headings": .strings(headings),
      "cells": .array(
        rows.map { row in
          .object(["name": .string(row.first ?? ""), "values": .strings(Array(row.dropFirst()))])
        }),
    ])
  }
}
