/// A table of cells that are Markdown already.
struct MarkdownTable {
  let headings: [String]
  let rows: [[String]]

  var text: String {
    ([line(headings), line(headings.map { _ in "---" })] + rows.map(line)).joined(separator: "\n")
  }

  private func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }
}
