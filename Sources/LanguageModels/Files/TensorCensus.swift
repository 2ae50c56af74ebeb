import Tensors

/// What a model file really holds, whatever its label says.
package struct TensorCensus: Sendable, Hashable {
  /// All tensors of one type.
  package struct Entry: Sendable, Hashable {
    package let type: String
    package let tensors: Int
    package let elements: Int
    /// `nil` when the block size of the type is unknown.
    package let bytes: Int?
  }

  /// By elements, most first.
  package let entries: [Entry]
  package let elements: Int
  /// Stored bits per element, scales included; `nil` when a type is unknown.
  package let bitsPerWeight: Double?
  /// A warning when the file's label names another type than most of its weights have.
  package let labelWarning: String?

  package init(_ file: GGUFFile) {
    var entries: [String: Entry] = [:]
    for tensor in file.tensors {
      let old = entries[tensor.type.name] ?? Entry(type: tensor.type.name, tensors: 0, elements: 0, bytes: 0)
      let bytes = old.bytes.flatMap { old in tensor.byteCount.map { old + $0 } }
      entries[tensor.type.name] = Entry(
        type: old.type, tensors: old.tensors + 1, elements: old.elements + tensor.elementCount, bytes: bytes)
    }
    self.entries = entries.values.sorted { ($0.elements, $1.type) > ($1.elements, $0.type) }
    let elements = self.entries.reduce(0) { $0 + $1.elements }
    self.elements = elements
    let bytes = self.entries.reduce(Optional(0)) { sum, entry in sum.flatMap { sum in entry.bytes.map { sum + $0 } } }
    bitsPerWeight = elements == 0 ? nil : bytes.map { 8 * Double($0) / Double(elements) }
    labelWarning = Self.warning(label: Self.label(file), main: self.entries.first?.type)
  }

  /// The quantization that `general.file_type` claims (llama.cpp `llama_ftype`).
  package static func label(_ file: GGUFFile) -> String? {
    let names: [Int: String] = [
      0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
      12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL",
      30: "IQ4_XS", 32: "BF16", 38: "MXFP4",
    ]
    return (try? file.metadata.unsignedInteger("general.file_type")).flatMap { $0 }.flatMap { names[$0] }
  }

  private static func warning(label: String?, main: String?) -> String? {
    guard let label, let main, !label.hasPrefix(main) else { return nil }
    return "the file is labelled \(label), but most of its weights are \(main)"
  }
}
