/// The outputs of one model under one scheme, in prompt order.
package struct Run: Hashable, Sendable {
  /// What the run is called in reports: the scheme or the file name, shortened to 200 printable characters.
  package let name: String
  /// `nil` for outputs made by a tool that does not record where they come from.
  package let provenance: Provenance?
  package let outputs: [Output]
  /// How the run was written, for the report.
  package let format: String

  private let indices: [String: Int]

  /// - Throws: ``RecordError`` when there is no output or two share an id (lines are counted as positions from 1).
  package init(name: String, provenance: Provenance?, outputs: [Output]) throws(RecordError) {
    try self.init(
      name: name, provenance: provenance, records: outputs.enumerated().map { ($0.offset + 1, $0.element) },
      format: "Assay run", label: name)
  }

  /// Pairs each output with the line it came from.
  init(
    name: String, provenance: Provenance?, records: [(line: Int, output: Output)], format: String, label: String
  ) throws(RecordError) {
    guard !records.isEmpty else { throw .empty(file: label, records: "outputs") }
    var indices: [String: Int] = [:]
    for (index, record) in records.enumerated() {
      if let first = indices.updateValue(index, forKey: record.output.id) {
        throw .duplicateID(file: label, id: record.output.id, firstLine: records[first].line, secondLine: record.line)
      }
    }
    self.name = name.excerpt(200)
    self.provenance = provenance
    self.format = format
    self.indices = indices
    outputs = records.map(\.output)
  }

  package subscript(id: String) -> Output? {
    indices[id].map { outputs[$0] }
  }

  /// The run as the text of a file.
  package var text: String {
    ((provenance.map { [$0.line] } ?? []) + outputs.map(\.line)).map { $0 + "\n" }.joined()
  }
}
