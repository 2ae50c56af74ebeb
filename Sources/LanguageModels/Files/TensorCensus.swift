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
    let tensors = file.tensors.map { (type: $0.type.name, elements: $0.elementCount, bytes: $0.byteCount) }
    self.init(
      tensors, weights: tensors.reduce(0) { $0 + $1.elements },
      labelWarning: Self.label(file).flatMap { Self.warning(label: $0, file: file) })
  }

  /// - Parameter folder: packed integers count as the weights that they stand for.
  package init(_ folder: ModelFolder) {
    let weights = folder.tensorNames.reduce(0) { $0 + (folder.dimensions(of: $1)?.reduce(1, *) ?? 0) }
    self.init(folder.files.flatMap(Self.tensors), weights: weights, labelWarning: Self.warning(folder))
  }

  package init(_ file: SafetensorsFile) {
    let tensors = Self.tensors(file)
    self.init(tensors, weights: tensors.reduce(0) { $0 + $1.elements }, labelWarning: nil)
  }

  private static func tensors(_ file: SafetensorsFile) -> [(type: String, elements: Int, bytes: Int?)] {
    file.tensors.map { tensor in
      let count = tensor.shape.reduce(1, *)
      return (tensor.type.rawValue, count, count * tensor.type.byteCount)
    }
  }

  /// - Parameter weights: how many numbers the tensors stand for.
  private init(_ tensors: [(type: String, elements: Int, bytes: Int?)], weights: Int, labelWarning: String?) {
    var entries: [String: Entry] = [:]
    for tensor in tensors {
      let old = entries[tensor.type] ?? Entry(type: tensor.type, tensors: 0, elements: 0, bytes: 0)
      let bytes = old.bytes.flatMap { old in tensor.bytes.map { old + $0 } }
      entries[tensor.type] = Entry(
        type: old.type, tensors: old.tensors + 1, elements: old.elements + tensor.elements, bytes: bytes)
    }
    self.entries = entries.values.sorted { ($0.elements, $1.type) > ($1.elements, $0.type) }
    elements = weights
    let bytes = self.entries.reduce(Optional(0)) { sum, entry in sum.flatMap { sum in entry.bytes.map { sum + $0 } } }
    bitsPerWeight = weights == 0 ? nil : bytes.map { 8 * Double($0) / Double(weights) }
    self.labelWarning = labelWarning
  }

  /// What `config.json` says of the weights: the method that quantized them, or else their type.
  package static func label(_ folder: ModelFolder) -> String? {
    let quantization = folder.config["quantization_config"] ?? folder.config["compression_config"]
    if let quantization {
      let details = [quantization["quant_method"], quantization["format"]].compactMap { $0?.string }
      return details.isEmpty ? "quantized" : details.joined(separator: " ")
    }
    return (folder.config["torch_dtype"] ?? folder.config["dtype"])?.string
  }

  /// A warning when most of the matrices are not what `config.json` says.
  private static func warning(_ folder: ModelFolder) -> String? {
    guard let label = label(folder) else { return nil }
    let matrices = folder.tensorNames.compactMap { name -> (type: String, elements: Int)? in
      guard let dimensions = folder.dimensions(of: name), dimensions.count == 2 else { return nil }
      let type = folder.isPacked(name) ? "packed" : folder.stored(name)?.type.rawValue
      return (type ?? "", dimensions[0] * dimensions[1])
    }
    let types = ["float32": "F32", "float16": "F16", "bfloat16": "BF16"]
    let expected = folder.isQuantized ? "packed" : types[label] ?? ""
    let all = matrices.reduce(0) { $0 + $1.elements }
    let named = matrices.reduce(0) { $0 + ($1.type == expected ? $1.elements : 0) }
    guard all > 0, !expected.isEmpty else { return nil }
    if folder.isQuantized {
      return named > 0 ? nil : "labelled \(label), but no matrix is quantized so"
    }
    guard 2 * named < all else { return nil }
    return "labelled \(label), but only \(100 * named / all) % of the matrices' weights are \(expected)"
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
