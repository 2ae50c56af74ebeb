/// Why a file of records (prompts or outputs) was refused. Every case names the file and, where there is one, the line.
package enum RecordError: Error, Hashable, Sendable {
  /// The text of the line does not parse.
  case syntax(file: String, line: Int, column: Int?, expected: String, found: String)
  /// A field has a value of another kind.
  case wrongType(file: String, line: Int, field: String, expected: String, found: String)
  /// A field that every record needs is not there.
  case missingField(file: String, line: Int, field: String, hint: String)
  /// Two fields that exclude each other, or two lists of different length.
  case conflict(file: String, line: Int, problem: String, hint: String)
  case duplicateID(file: String, id: String, firstLine: Int, secondLine: Int)
  /// The file holds no record at all.
  case empty(file: String, records: String)
  /// The last line has no end: its writer was stopped. The first `completeByteCount` bytes are whole lines.
  case truncatedLastLine(file: String, line: Int, completeByteCount: Int)
  case unsupportedVersion(file: String, found: String, supported: String)
  case unknownFormat(file: String, expected: String, found: String)
}

extension RecordError: CustomStringConvertible {
  /// One sentence: where, what was expected, what was found; then what to do.
  package var description: String {
    switch self {
    case .syntax(let file, let line, let column, let expected, let found):
      let place = column.map { " at column \($0)" } ?? ""
      return "\(file):\(line): expected \(expected)\(place) but found \(found); correct this line"
    case .wrongType(let file, let line, let field, let expected, let found):
      return "\(file):\(line): '\(field)' must be \(expected) but is \(found); correct this line"
    case .missingField(let file, let line, let field, let hint):
      return "\(file):\(line): \(field) is missing; \(hint)"
    case .conflict(let file, let line, let problem, let hint):
      return "\(file):\(line): \(problem); \(hint)"
    case .duplicateID(let file, let id, let first, let second):
      return
        "\(file):\(second): the id '\(id.excerpt(40))' was already used on line \(first); give every record its own id"
    case .empty(let file, let records):
      return "\(file): holds no \(records); write one per line"
    case .truncatedLastLine(let file, let line, _):
      return "\(file):\(line): the last line is cut short, so its writer was stopped; run it again with --resume"
    case .unsupportedVersion(let file, let found, let supported):
      return "\(file):1: is a '\(found.excerpt(40))' file but this version reads '\(supported)'; use a newer assay"
    case .unknownFormat(let file, let expected, let found):
      return "\(file): expected \(expected) but found \(found)"
    }
  }
}

extension RecordError {
  init(_ failure: JSONReader.Failure, file: String, line: Int) {
    self = .syntax(
      file: file, line: line, column: failure.column, expected: failure.expected, found: failure.found)
  }

  init(_ failure: CSVReader.Failure, file: String) {
    self = .syntax(file: file, line: failure.line, column: nil, expected: failure.expected, found: failure.found)
  }
}
