/// How a file of records is written.
package enum RecordFormat: String, Hashable, Sendable {
  case jsonLines = "JSON Lines"
  case csv = "CSV"
}

/// The bytes of a file of records, before it is known what the records mean.
struct RecordFile {
  let label: String
  let format: RecordFormat
  let bytes: [UInt8]
  /// Where the text starts: after a byte order mark, if there is one.
  private let start: Int

  struct Line {
    /// Counted from 1.
    let number: Int
    let range: Range<Int>
    /// False for a last line without a line feed.
    let isTerminated: Bool
  }

  /// Recognises the format by the first character that is not white space.
  ///
  /// - Throws: ``RecordError/empty(file:records:)``, or ``RecordError/unknownFormat(file:expected:found:)``.
  init(_ bytes: [UInt8], label: String, holding records: String) throws(RecordError) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = bytes[start...].first(where: { !isWhiteSpace($0) }) else {
      throw .empty(file: label, records: records)
    }
    let expected = "JSON Lines (one object per line) or CSV"
    switch first {
    case UInt8(ascii: "{"): format = .jsonLines
    case UInt8(ascii: "["):
      throw .unknownFormat(file: label, expected: expected, found: "one JSON list; write its elements one per line")
    case 0..<0x20, 0x80...0xC1, 0xF5...0xFF:
      throw .unknownFormat(file: label, expected: expected, found: "binary data")
    default: format = .csv
    }
    self.label = label
    self.bytes = bytes
    self.start = start
  }

  /// Calls `body` with the fields of each record, whatever the format.
  ///
  /// - Parameter required: headings that a CSV file must have.
  func forEachRecord(
    required: [String], _ body: (RecordFields) throws(RecordError) -> Void
  ) throws(RecordError) {
    switch format {
    case .jsonLines:
      try forEachLine { (line) throws(RecordError) in
        let values: [String: JSON]
        do throws(JSONReader.Failure) {
          values = try object(on: line)
        } catch {
          throw RecordError(error, file: label, line: line.number)
        }
        try body(RecordFields(file: label, line: line.number, values: values))
      }
    case .csv:
      try forEachRow(required: required) { (cells, line) throws(RecordError) in
        let values = Dictionary(uniqueKeysWithValues: cells.map { ($0, Self.value(ofCell: $1, heading: $0)) })
        try body(RecordFields(file: label, line: line, values: values))
      }
    }
  }

  /// Calls `body` for each line that is not blank, in order.
  func forEachLine(_ body: (Line) throws(RecordError) -> Void) throws(RecordError) {
    var (number, position) = (0, start)
    while position < bytes.count {
      let lineEnd = bytes[position...].firstIndex(of: 0x0A)
      let range = position..<(lineEnd ?? bytes.count)
      number += 1
      if !bytes[range].allSatisfy(isWhiteSpace) {
        try body(Line(number: number, range: range, isTerminated: lineEnd != nil))
      }
      position = range.upperBound + 1
    }
  }

  /// Calls `body` with the cells of each CSV row by heading, and the line the row starts on. Empty cells are left out.
  ///
  /// - Parameter required: headings that must be there.
  func forEachRow(
    required: [String], _ body: (_ cells: [String: String], _ line: Int) throws(RecordError) -> Void
  ) throws(RecordError) {
    var reader = CSVReader(bytes, from: start)
    guard let headings = try row(&reader) else { return }
    let names = headings.cells.map { name in name.filter { !$0.isWhitespace } }
    for name in required where !names.contains(name) {
      let found = headings.cells.prefix(6).map { $0.unicodeScalars.prefix(20).map(String.init).joined() }
      throw .unknownFormat(
        file: label, expected: "JSON Lines, or CSV with the headings \(required.joined(separator: ", "))",
        found: "a first line that reads '\(found.joined(separator: ","))'")
    }
    while let row = try row(&reader) {
      guard row.cells.count == names.count else {
        throw .syntax(
          file: label, line: row.line, column: nil, expected: "\(names.count) cells as in the heading",
          found: "\(row.cells.count)")
      }
      let cells = Dictionary(zip(names, row.cells), uniquingKeysWith: { first, _ in first })
      try body(cells.filter { !$0.value.isEmpty }, row.line)
    }
  }

  private func row(_ reader: inout CSVReader) throws(RecordError) -> CSVReader.Row? {
    do { return try reader.next() } catch { throw RecordError(error, file: label) }
  }

  /// The members of the JSON object that `line` holds.
  func object(on line: Line) throws(JSONReader.Failure) -> [String: JSON] {
    var reader = JSONReader(bytes, in: line.range)
    var members: [String: JSON] = [:]
    try reader.object { (reader, key) throws(JSONReader.Failure) in members[key] = try reader.value(depth: 1) }
    try reader.finish()
    return members
  }
}

extension RecordFile {
  /// What a CSV cell stands for: text, unless its heading admits a list or a number and the cell is written as one.
  private static func value(ofCell cell: String, heading: String) -> JSON {
    guard ["messages", "choices", "target", "max_tokens"].contains(heading) else { return .string(cell) }
    var reader = JSONReader(Array(cell.utf8))
    guard let value = try? reader.value(), (try? reader.finish()) != nil else { return .string(cell) }
    switch (heading, value) {
    case ("max_tokens", .integer), ("messages", .array): return value
    case ("choices", .array(let elements)), ("target", .array(let elements)):
      let isAllText = elements.allSatisfy { if case .string = $0 { true } else { false } }
      return isAllText ? value : .string(cell)
    default: return .string(cell)
    }
  }
}
