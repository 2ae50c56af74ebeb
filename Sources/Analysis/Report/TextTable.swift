/// A table of aligned columns for a terminal.
struct TextTable {
  let headings: [String]
  let rows: [[String]]
  /// Columns that may be left out in a narrow terminal, the first of them first.
  let dispensable: [Int]

  private static let gap = 2
  /// The first column names the rows; shorter than this it names nothing.
  private static let shortestName = 12

  /// The table in at most `width` columns where that is possible: dispensable columns go first, then the first column is
  /// shortened in the middle of its cells, then lines are cut.
  func text(width: Int) -> String {
    var columns = Array(headings.indices)
    for column in dispensable where totalWidth(columns) > width {
      columns.removeAll { $0 == column }
    }
    let excess = max(0, totalWidth(columns) - width)
    let nameWidth = max(Self.shortestName, columnWidth(0) - excess)
    let cells = ([headings] + rows).map { row in
      [shortened(row[0], to: nameWidth)] + row.dropFirst()
    }
    let widths = columns.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { row in line(columns.map { row[$0] }, widths) }
    return lines.map { $0.count <= width ? $0 : $0.prefix(max(width - 1, 0)) + "…" }.joined(
      separator: "\n") + "\n"
  }

  /// The columns that the whole table takes.
  var width: Int { totalWidth(Array(headings.indices)) }

  private func totalWidth(_ columns: [Int]) -> Int {
    columns.map(columnWidth).reduce(0, +) + Self.gap * max(columns.count - 1, 0)
  }

  private func columnWidth(_ column: Int) -> Int {
    ([headings] + rows).map { $0[column].count }.max() ?? 0
  }

  /// Names of schemes differ at both ends, so the middle goes.
  private func shortened(_ name: String, to width: Int) -> String {
    guard name.count > width else { return name }
    return name.prefix(width / 2) + "…" + name.suffix(width - width / 2 - 1)
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    let padded = zip(cells, widths).map { cell, width in
      cell + String(repeating: " ", count: width - cell.count)
    }
    let line = padded.joined(separator: String(repeating: " ", count: Self.gap))
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
