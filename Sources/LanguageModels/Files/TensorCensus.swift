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
    labelWarning = Self.label(file).flatMap { Self.warning(label: $0, file: file) }
  }

  /// The quantization that `general.file_type` claims (llama.cpp `llama_ftype`).
  package static func label(_ file: GGUFFile) -> String? { format(labelled: file)?.labelName }

  private static func format(labelled file: GGUFFile) -> Scheme.Format? {
    guard let type = (try? file.metadata.unsignedInteger("general.file_type")).flatMap({ $0 }) else { return nil }
    return Scheme.Format.allCases.first { $0.fileType.map(Int.init) == type }
  }

  /// The share of the linear layers' weights that has the type of the label, when that is not most of them.
  private static func warning(label: String, file: GGUFFile) -> String? {
    guard let base = format(labelled: file)?.storedBase else { return nil }
    // Norms and biases keep their precision under every label; so does the embedding in many files.
    let matrices = file.tensors.filter { $0.dimensions.count > 1 && $0.name.hasPrefix("blk.") }
    let all = matrices.reduce(0) { $0 + $1.elementCount }
    let named = matrices.filter { $0.format == base }.reduce(0) { $0 + $1.elementCount }
    guard all > 0, 2 * named < all else { return nil }
    let others = Dictionary(grouping: matrices.filter { $0.format != base }, by: \.type.name)
      .mapValues { $0.reduce(0) { $0 + $1.elementCount } }
      .max { ($0.value, $1.key) < ($1.value, $0.key) }
    let narrow = matrices.contains { $0.columns % base.blockElements != 0 }
    return "labelled \(label), but only \(100 * named / all) % of the layers' weights are \(base.name); "
      + "most are \(others?.key ?? "of other types")"
      + (narrow ? " (rows that are not whole blocks of \(base.blockElements) cannot be \(base.name))" : "")
  }
}

extension Scheme.Format {
  /// What files made so are called.
  fileprivate var labelName: String {
    switch self {
    case .fp32: "F32"
    case .fp16: "F16"
    default: ggufName
    }
  }

  /// The type that most matrices of such a file should have.
  fileprivate var storedBase: BlockFormat? {
    switch self {
    case .fp32: .f32
    case .fp16: .f16
    case .bf16: .bf16
    case .mxfp4: .mxfp4
    default: ggufBase
    }
  }
}
