extension Run {
  /// Reads a run written by `assay generate`, any JSON Lines with `id` and `text`, or CSV with these two headings.
  ///
  /// With Assay's own header every field is checked. Without one, fields that merely share a name are ignored when
  /// they are not what Assay would write.
  ///
  /// - Parameters:
  ///   - label: the file's name in errors.
  ///   - name: the run's name in reports; by default the scheme from the header, else the label.
  /// - Throws: ``RecordError``; ``RecordError/truncatedLastLine(file:line:completeByteCount:)`` when the writer was
  ///   stopped.
  package init(parsing bytes: [UInt8], label: String, name: String? = nil) throws(RecordError) {
    let file = try RecordFile(bytes, label: label, holding: "outputs")
    let contents = try RunContents(file)
    if let line = contents.truncatedLine {
      throw .truncatedLastLine(file: label, line: line.number, completeByteCount: line.range.lowerBound)
    }
    try self.init(
      name: name ?? contents.provenance?.scheme ?? label, provenance: contents.provenance, records: contents.records,
      format: contents.provenance == nil ? file.format.rawValue : "Assay run", label: label)
  }
}

/// What an interrupted `assay generate` left behind, to go on from.
package struct InterruptedRun: Hashable, Sendable {
  package let provenance: Provenance
  /// The finished outputs; possibly none.
  package let outputs: [Output]
  /// The bytes that are whole lines. Whatever follows is the start of a line and has to be cut off.
  package let completeByteCount: Int

  /// - Returns: `nil` when not even the header was written.
  /// - Throws: ``RecordError`` for a file that is not an Assay run, or is damaged before its last line.
  package init?(parsing bytes: [UInt8], label: String) throws(RecordError) {
    guard let end = bytes.lastIndex(of: 0x0A) else { return nil }
    let file = try RecordFile(Array(bytes[...end]), label: label, holding: "outputs")
    let contents = try RunContents(file)
    guard let provenance = contents.provenance else {
      throw .unknownFormat(file: label, expected: "a run with a header, to go on from", found: file.format.rawValue)
    }
    self.provenance = provenance
    outputs = contents.records.map(\.output)
    completeByteCount = end + 1
  }
}

/// The lines of a run file.
private struct RunContents {
  private(set) var provenance: Provenance?
  private(set) var records: [(line: Int, output: Output)] = []
  private(set) var truncatedLine: RecordFile.Line?

  init(_ file: RecordFile) throws(RecordError) {
    switch file.format {
    case .jsonLines:
      var isFirst = true
      try file.forEachLine { (line) throws(RecordError) in
        if isFirst, let header = try? file.object(on: line), header["assay"] != nil {
          provenance = try Provenance(RecordFields(file: file.label, line: line.number, values: header))
        } else {
          try readOutput(on: line, of: file)
        }
        isFirst = false
      }
    case .csv:
      try file.forEachRow(required: ["id", "text"]) { (cells, line) throws(RecordError) in
        guard let id = cells["id"] else { throw .missingOutputID(file: file.label, line: line) }
        records.append((line, Output(id: id, text: cells["text"] ?? "")))
      }
    }
  }

  private mutating func readOutput(on line: RecordFile.Line, of file: RecordFile) throws(RecordError) {
    var reader = JSONReader(file.bytes, in: line.range)
    var draft = OutputDraft(isStrict: provenance != nil)
    do {
      try draft.read(&reader)
    } catch {
      guard error.isAtEnd, !line.isTerminated else { throw RecordError(error, file: file.label, line: line.number) }
      truncatedLine = line
      return
    }
    records.append((line.number, try draft.output(file: file.label, line: line.number)))
  }
}
