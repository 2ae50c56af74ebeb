import Tensors

/// Writes a model folder anew as one safetensors file whose tensors have the types that a scheme gives them, with the
/// `config.json` that tells transformers about it.
///
/// `fp32`, `fp16` and `bf16` convert every tensor, as `save_pretrained` of a model of that type does. `int8` writes what
/// compressed-tensors calls `int-quantized`: matrices of the layers as I8 with a `weight_scale` for each row or one for
/// all; everything else stays as it is.
package struct FolderQuantizer {
  private enum Form {
    case copied
    case rounded(ElementType)
    case integers(SymmetricInteger)
  }

  private struct Entry {
    let name: String
    let rows, columns: Int
    let form: Form
  }

  private let folder: ModelFolder
  private let entries: [Entry]
  private let writer: SafetensorsWriter
  /// The new `config.json`.
  package let config: String
  /// How many matrices become integers.
  package let integerMatrices: Int
  /// Elements of all tensors.
  package let elements: Int

  /// Plans the new files; nothing is decoded yet.
  /// - Throws: ``FolderQuantizerError``.
  package init(_ folder: ModelFolder, scheme: Scheme) throws(FolderQuantizerError) {
    self.folder = folder
    guard folder.config["quantization_config"] == nil, folder.config["compression_config"] == nil else {
      throw .quantizedAlready
    }
    guard scheme.algorithms == .none, scheme.cache == .fp32, scheme.isSymmetric else { throw .notStorable(scheme) }
    let configuration: Configuration
    do {
      configuration = try Configuration(folder)
      try Weights.checkMatrices(folder, configuration)
    } catch {
      throw .model(error)
    }
    let form = try Self.form(scheme)
    let (modules, ignored) = try Self.linearModules(configuration, scheme: scheme)
    var entries: [Entry] = []
    var writer = SafetensorsWriter()
    var elements = 0
    for name in folder.tensorNames {
      guard let stored = folder.stored(name) else { continue }
      let shape = stored.shape
      let count = shape.reduce(1, *)
      elements += count
      let columns = shape.last ?? 1
      var own = form
      if case .integers = form, !modules.contains(name) { own = .copied }
      // Buffers of masks and the like are no floating-point numbers.
      if ![.float16, .bfloat16, .float32, .float64].contains(stored.type) { own = .copied }
      let rows = columns == 0 ? 0 : count / columns
      entries.append(Entry(name: name, rows: rows, columns: columns, form: own))
      switch own {
      case .copied: writer.add(name, stored.type, shape: shape)
      case .rounded(let type): writer.add(name, type, shape: shape)
      case .integers(let integers):
        writer.add(name, .int8, shape: shape)
        writer.add(
          Self.scaleName(name), .float32, shape: integers.scale == .perTensor ? [1] : [rows, 1])
      }
    }
    self.entries = entries
    self.writer = writer
    self.elements = elements
    integerMatrices = entries.reduce(0) { if case .integers = $1.form { $0 + 1 } else { $0 } }
    config = Self.config(folder.config, scheme: scheme, form: form, ignored: ignored).text() + "\n"
  }

  private static func scaleName(_ weight: String) -> String { weight + "_scale" }

  private static func form(_ scheme: Scheme) throws(FolderQuantizerError) -> Form {
    switch scheme.format {
    case .fp32 where scheme.activations == .none: return .rounded(.float32)
    case .fp16: return .rounded(.float16)
    case .bf16: return .rounded(.bfloat16)
    case .int8 where scheme.activations == .perToken || scheme.activations == .none:
      if case .group = scheme.weights { throw .notStorable(scheme) }
      return .integers(SymmetricInteger(bits: 8, scale: scheme.weights))
    default: throw .notStorable(scheme)
    }
  }

  /// The files' names of the matrices that a scheme quantizes, and of the modules that it leaves.
  private static func linearModules(
    _ configuration: Configuration, scheme: Scheme
  ) throws(FolderQuantizerError) -> (quantized: Set<String>, ignored: [String]) {
    var quantized: Set<String> = []
    var ignored: Set<String> = []
    let modules = configuration.modules
    for pattern in scheme.skip where !modules.contains(where: { Scheme.matches(pattern, module: $0) }) {
      throw .model(.unknownModule(pattern, example: modules.first ?? ""))
    }
    for matrix in configuration.linearShapes where matrix.module != Scheme.headName {
      let recipe = configuration.recipe(for: matrix.module + ".weight", in: .huggingFace)
      // transformers' Conv1D is no Linear, which is what compressed-tensors replaces.
      if recipe.isTransposed, scheme.format == .int8 { throw .notLinear(recipe.name) }
      if scheme.skips(matrix.module) {
        ignored.insert(String(recipe.name.dropLast(".weight".count)))
      } else {
        quantized.insert(recipe.name)
      }
    }
    quantized = quantized.filter { !ignored.contains(String($0.dropLast(".weight".count))) }
    let head = configuration.name(of: "output.weight", in: .huggingFace)
    return (quantized, [String(head.dropLast(".weight".count))] + ignored.sorted())
  }

  private static func config(_ old: JSONValue, scheme: Scheme, form: Form, ignored: [String]) -> JSONValue {
    func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
      .object(members.map { JSONValue.Member(key: $0.key, value: $0.value) })
    }
    switch form {
    case .copied: return old
    case .rounded(let type):
      let name = [.float32: "float32", .float16: "float16", .bfloat16: "bfloat16"][type] ?? ""
      // Newer transformers call it dtype; older ones read torch_dtype.
      return old.setting("dtype", to: nil).setting("torch_dtype", to: .string(name))
    case .integers:
      let inputs = object([
        "num_bits": .integer(8), "type": .string("int"), "symmetric": .bool(true), "strategy": .string("token"),
        "dynamic": .bool(true),
      ])
      let group = object([
        "targets": .array([.string("Linear")]),
        "weights": object([
          "num_bits": .integer(8), "type": .string("int"), "symmetric": .bool(true),
          "strategy": .string(scheme.weights == .perTensor ? "tensor" : "channel"), "dynamic": .bool(false),
        ]),
        "input_activations": scheme.activations == .none ? .null : inputs, "output_activations": .null,
        // Without it, compressed-tensors expects weights without inputs to be packed.
        "format": .string("int-quantized"),
      ])
      return old.setting(
        "quantization_config",
        to: object([
          "quant_method": .string("compressed-tensors"), "format": .string("int-quantized"),
          "quantization_status": .string("compressed"), "ignore": .array(ignored.map(JSONValue.string)),
          "config_groups": object(["group_0": group]), "kv_cache_scheme": .null,
        ]))
    }
  }

  /// Bytes of all tensors, without the table.
  package var tensorBytes: Int { writer.dataBytes }

  /// Bytes of `model.safetensors`.
  package var byteCount: Int { writer.header.count + writer.dataBytes }

  /// Writes `model.safetensors` tensor by tensor.
  /// - Throws: what `sink` throws, and ``FolderQuantizerError``.
  package func write(threads: Int, to sink: ([UInt8]) throws -> Void) throws {
    let pool = WorkerPool(threads: threads)
    try sink(writer.header)
    for entry in entries {
      let elements = 0..<entry.rows * entry.columns
      switch entry.form {
      case .copied:
        guard !elements.isEmpty else { continue }
        try sink(unsafe folder.withBytes(of: entry.name, elements: elements) { unsafe [UInt8]($0) })
      case .rounded(let type):
        let values = try values(of: entry)
        let format: BlockFormat = type == .float16 ? .f16 : type == .bfloat16 ? .bf16 : .f32
        try sink(try values.encode(format, rows: entry.rows, columns: entry.columns, importance: nil, pool: pool))
      case .integers(let integers):
        let values = try values(of: entry)
        guard elements.allSatisfy({ values[$0].isFinite }) else { throw FolderQuantizerError.notFinite(entry.name) }
        let scales = integers.quantize(values, rows: entry.rows, columns: entry.columns, pool: pool)
        try sink(elements.map { UInt8(bitPattern: Int8(values[$0])) })
        let kept = integers.scale == .perTensor ? scales.prefix(1) : scales[...]
        try sink(kept.flatMap { scale in (0..<4).map { UInt8(truncatingIfNeeded: scale.bitPattern >> (8 * $0)) } })
      }
    }
  }

  private func values(of entry: Entry) throws(FolderQuantizerError) -> AlignedBuffer<Float> {
    let values = AlignedBuffer<Float>(count: entry.rows * entry.columns)
    do {
      try unsafe folder.decode(entry.name, rows: 0..<entry.rows, into: values.slice(0..<values.count))
    } catch {
      throw .model(error)
    }
    return values
  }
}

/// Why a model folder cannot be quantized.
package enum FolderQuantizerError: Error, CustomStringConvertible {
  case model(ModelError)
  case notStorable(Scheme)
  case quantizedAlready
  case notLinear(String)
  case notFinite(String)

  package var description: String {
    switch self {
    case .model(let error): "\(error)"
    case .notStorable(let scheme):
      "scheme '\(scheme)' has no form in a folder; those that have: fp32, fp16, bf16 and int8 with activations=per-token or "
        + "none, weights=per-channel or per-tensor, skip=..."
    case .quantizedAlready: "is quantized already; quantize the original"
    case .notLinear(let tensor):
      "tensor '\(tensor)' belongs to a Conv1D, which compressed-tensors does not quantize; use fp16 or bf16"
    case .notFinite(let tensor): "tensor '\(tensor)' has values that are not finite"
    }
  }
}
