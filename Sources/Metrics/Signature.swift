/// Every parameter that can change a score, printed next to it so that two scores can be compared at all.
///
/// The form is sacrebleu's: `name|key:value|...|version:...`, version last. Scores with different signatures must not be
/// compared.
package struct Signature: Hashable, Sendable, CustomStringConvertible {
  package struct Field: Hashable, Sendable {
    package let key: String
    package let value: String
  }

  /// The version that Assay puts at the end of its own signatures.
  package static let assayVersion = "assay-0.1.0"

  package let name: String
  package let fields: [Field]
  package let version: String

  package init(_ name: String, _ fields: KeyValuePairs<String, String>, version: String = Signature.assayVersion) {
    self.name = name
    self.fields = fields.map { Field(key: $0.key, value: $0.value) }
    self.version = version
  }

  /// The value of a field, if the signature has it.
  package subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

  package var description: String {
    ([name] + fields.map { "\($0.key):\($0.value)" } + ["version:\(version)"])
      .filter { !$0.isEmpty }.joined(separator: "|")
  }
}
