/// Rows of comma-separated values (RFC 4180): quoted cells may hold commas, quotes (doubled) and line breaks.
///
/// Both CRLF and LF end a row; blank lines are skipped.
struct CSVReader {
  struct Row {
    /// The line the row starts on, counted from 1.
    let line: Int
    let cells: [String]
  }

  struct Failure: Error, Hashable {
    let line: Int
    let expected: String
    let found: String
  }

  private let bytes: [UInt8]
  private var position: Int
  private var line = 1

  init(_ bytes: [UInt8], from start: Int = 0) {
    self.bytes = bytes
    position = start
  }

  /// The next row, or `nil` at the end.
  mutating func next() throws(Failure) -> Row? {
    while consumeLineEnd() {}
    guard position < bytes.count else { return nil }
    let first = line
    var cells = [try cell()]
    while consume(UInt8(ascii: ",")) { cells.append(try cell()) }
    guard position == bytes.count || consumeLineEnd() else {
      throw Failure(line: line, expected: "',' or the end of the line after a closing quote", found: "more text")
    }
    return Row(line: first, cells: cells)
  }

  private mutating func cell() throws(Failure) -> String {
    guard consume(UInt8(ascii: "\"")) else {
      let start = position
      while position < bytes.count, ![0x2C, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
      return try text(Array(bytes[start..<position]), line: line)
    }
    let firstLine = line
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\""), !consume(UInt8(ascii: "\"")) { return try text(content, line: firstLine) }
      if byte == 0x0A { line += 1 }
      content.append(byte)
    }
    throw Failure(
      line: firstLine, expected: "a closing quote for the cell that starts here", found: "the end of the file")
  }

  private func text(_ content: [UInt8], line: Int) throws(Failure) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw Failure(line: line, expected: "valid UTF-8", found: "other bytes")
    }
    return text
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func consumeLineEnd() -> Bool {
    let carriageReturn = consume(0x0D)
    let lineFeed = consume(0x0A)
    if carriageReturn || lineFeed { line += 1 }
    return carriageReturn || lineFeed
  }
}
