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
  ///
  /// - Parameter style: how a cell looks, by row (0 is the headings) and column; nothing for plain text.
  func text(width: Int, style: (_ row: Int, _ column: Int) -> TextStyle? = { _, _ in nil }) -> String {
    var columns = Array(headings.indices)
    for column in dispensable where totalWidth(columns) > width { columns.removeAll { $0 == column } }
    let excess = max(0, totalWidth(columns) - width)
    let nameWidth = max(Self.shortestName, columnWidth(0) - excess)
    let cells = ([headings] + rows).map { row in [shortened(row[0], to: nameWidth)] + row.dropFirst() }
    let widths = columns.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.enumerated().map { index, row -> String in
      let plain = line(columns.map { row[$0] }, widths, styles: [])
      guard plain.count <= width else { return plain.prefix(max(width - 1, 0)) + "…" }
      return line(columns.map { row[$0] }, widths, styles: columns.map { style(index, $0) })
    }
    return lines.joined(separator: "\n") + "\n"
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

  private func line(_ cells: [String], _ widths: [Int], styles: [TextStyle?]) -> String {
    var line = ""
    var gap = 0
    for (index, cell) in cells.enumerated() where !cell.isEmpty {
      let style = styles.isEmpty ? nil : styles[index]
      line += String(repeating: " ", count: gap) + (style?.applied(to: cell) ?? cell)
      gap = widths[index] - cell.count + Self.gap
      for empty in cells[(index + 1)...].indices.prefix(while: { cells[$0].isEmpty }) {
        gap += widths[empty] + Self.gap
      }
    }
    return line
  }
}

/// How a terminal shows a piece of text (ECMA-48, select graphic rendition).
enum TextStyle: Int {
  case bold = 1
  case red = 31
  case green = 32
  case yellow = 33

  func applied(to text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
