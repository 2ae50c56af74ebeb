/// A table of aligned columns for a terminal.
struct TextTable {
  let headings: [String]
  let rows: [[String]]
  /// Columns that may be left out in a narrow terminal, the first of them first.
  let dispensable: [Int]

  private static let gap = 2

  /// The table in at most `width` columns where that is possible: dispensable columns go first, then lines are cut.
  func text(width: Int) -> String {
    var columns = Array(headings.indices)
    for column in dispensable where totalWidth(columns) > width { columns.removeAll { $0 == column } }
    let lines = ([headings] + rows).map { line($0, columns) }
    return lines.map { $0.count <= width ? $0 : $0.prefix(max(width - 1, 0)) + "…" }.joined(separator: "\n") + "\n"
  }

  /// The columns that the whole table takes.
  var width: Int { totalWidth(Array(headings.indices)) }

  private func totalWidth(_ columns: [Int]) -> Int {
    columns.map(columnWidth).reduce(0, +) + Self.gap * max(columns.count - 1, 0)
  }

  private func columnWidth(_ column: Int) -> Int {
    ([headings] + rows).map { $0[column].count }.max() ?? 0
  }

  private func line(_ cells: [String], _ columns: [Int]) -> String {
    let padded = columns.map { column in
      cells[column] + String(repeating: " ", count: columnWidth(column) - cells[column].count)
    }
    let line = padded.joined(separator: String(repeating: " ", count: Self.gap))
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
