/// Rows of comma-separated values as RFC 4180 defines them: CRLF after every row, quotes where needed.
struct CSVWriter {
  enum Cell {
    /// Text that somebody else wrote. A spreadsheet must not take it for a formula.
    case text(String)
    /// A number, in the fewest digits that read back to the same value.
    case number(Double)
    case integer(Int)
    case empty

    static func optional(_ value: Double?) -> Cell { value.map(Cell.number) ?? .empty }
  }

  private(set) var text = ""

  init(headings: [String]) {
    append(headings.map(Cell.text))
  }

  mutating func append(_ cells: [Cell]) {
    text += cells.map(field).joined(separator: ",") + "\r\n"
  }

  private func field(_ cell: Cell) -> String {
    switch cell {
    case .empty: ""
    case .integer(let value): String(value)
    case .number(let value): value.isFinite ? value.description : ""
    case .text(let text): quoted(neutralized(text))
    }
  }

  /// A leading apostrophe makes spreadsheets show a formula instead of running it (OWASP, "CSV Injection"). Control
  /// characters other than line breaks and tabs have no place in a table.
  private func neutralized(_ text: String) -> String {
    let shown = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.isUnprintable && !["\n", "\r", "\t"].contains($0) ? "\u{FFFD}" : $0 }))
    // Fullwidth forms are folded to ASCII by some spreadsheets.
    let dangerous: [Unicode.Scalar] = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
    guard let first = shown.unicodeScalars.first, dangerous.contains(first), Double(shown) == nil else { return shown }
    return "'" + shown
  }

  private func quoted(_ text: String) -> String {
    let needsQuotes = text.utf8.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
    guard needsQuotes else { return text }
    let inner = text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(inner)\""
  }
}
