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

  package var description: String { ([name] + parts).joined(separator: "|") }

  /// Fields and version without the name, which is sacrebleu's own form.
  package var withoutName: String { parts.joined(separator: "|") }

  /// sacrebleu's short form: `#:1|c:mixed|e:no|tok:13a|s:exp|v:...`.
  package var short: String {
    (fields.map { "\(Self.abbreviations[$0.key] ?? $0.key):\($0.value)" } + ["v:\(version)"]).joined(separator: "|")
  }

  private var parts: [String] { fields.map { "\($0.key):\($0.value)" } + ["version:\(version)"] }

  private static let abbreviations = ["nrefs": "#", "case": "c", "eff": "e", "smooth": "s", "space": "s"]

  /// The same parameters as another tool's version signs them.
  package func withVersion(_ version: String) -> Signature {
    Signature(name: name, fields: fields, version: version)
  }

  private init(name: String, fields: [Field], version: String) {
    self.name = name
    self.fields = fields
    self.version = version
  }
}
