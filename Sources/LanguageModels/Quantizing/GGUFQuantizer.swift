package import Tensors

/// Writes a model anew as one GGUF file whose tensors have the types that a scheme gives them.
///
/// Matrices of linear layers, the output and the token embedding are decoded to FP32 and encoded again; everything
/// else, norms and biases, is copied. Metadata is copied in its order, with a new `general.file_type`.
package struct GGUFQuantizer {
  /// A tensor of the new file.
  package struct Entry: Sendable, Hashable {
    package let tensor: GGUFTensor
    /// The new format; `nil` for a tensor that is copied as it is.
    let format: BlockFormat?
    fileprivate let rounding: WeightRounding
    fileprivate let importance: [Float]?

    /// The name of the new type; `nil` for a tensor that is copied as it is.
    package var typeName: String? { format?.name }
    /// Whether errors of an earlier quantization stay and new ones are added.
    package var isQuantizedAgain: Bool { format != nil && (tensor.format?.blockElements ?? 1) > 1 }
  }

  package let entries: [Entry]
  package let scheme: Scheme
  private let file: GGUFFile
  private let writer: GGUFWriter

  /// Plans the new file; nothing is decoded yet.
  /// - Throws: ``GGUFQuantizerError``.
  package init(_ file: GGUFFile, scheme: Scheme, importance: ImportanceMatrix?) throws(GGUFQuantizerError) {
    self.file = file
    self.scheme = scheme
    // Algorithms see whole matrices and prompts, which this writer does not.
    guard scheme.algorithms == .none else { throw .notStorable(scheme) }
    let configuration: Configuration
    do {
      configuration = try Configuration(file)
    } catch {
      throw .model(error)
    }
    let isTied = file.tensor(named: "output.weight") == nil
    var modules: [String] = []
    var entries: [Entry] = []
    for tensor in file.tensors {
      guard let module = Self.module(of: tensor) else {
        guard tensor.byteCount != nil else { throw .unknownType(tensor: tensor.name, type: tensor.type.name) }
        entries.append(Entry(tensor: tensor, format: nil, rounding: .none, importance: nil))
        continue
      }
      modules.append(module)
      let site = LinearSite(
        module: module, columns: tensor.columns, stored: tensor.format, isTied: isTied, model: configuration)
      let form = Self.keepsFP32(module, scheme, isTied: isTied) ? .fp32 : scheme.form(for: site)
      guard let format = form.storage(columns: tensor.columns), let rounding = form.rounding else {
        throw .notStorable(scheme)
      }
      guard tensor.format != nil else { throw .unknownType(tensor: tensor.name, type: tensor.type.name) }
      let values = importance?[tensor.name]
      if let values, values.count != tensor.columns {
        throw .wrongImportance(tensor: tensor.name, expected: tensor.columns, actual: values.count)
      }
      entries.append(Entry(tensor: tensor, format: format, rounding: rounding, importance: values))
    }
    if isTied { modules.append(Scheme.headName) }
    for pattern in scheme.skip where !modules.contains(where: { Scheme.matches(pattern, module: $0) }) {
      throw .model(.unknownModule(pattern, example: modules.first ?? ""))
    }
    self.entries = entries
    writer = Self.writer(file, scheme: scheme, entries: entries)
  }

  /// The module of a tensor that a scheme has a say in: matrices of linear layers and the embedding.
  private static func module(of tensor: GGUFTensor) -> String? {
    guard tensor.dimensions.count == 2, tensor.name.hasSuffix(".weight") else { return nil }
    let name = String(tensor.name.dropLast(".weight".count))
    if name == "output" { return Scheme.headName }
    if name == Scheme.embeddingName { return name }
    return name.hasPrefix("blk.") && name.split(separator: ".").count == 3 ? name : nil
  }

  /// Schemes that are not llama.cpp's leave the embedding, and 16-bit ones take it along as llama.cpp's converter does.
  private static func keepsFP32(_ module: String, _ scheme: Scheme, isTied: Bool) -> Bool {
    guard module == Scheme.embeddingName else { return false }
    if isTied, scheme.skips(Scheme.headName) { return true }
    return scheme.format.ggufBase == nil && scheme.format != .fp16 && scheme.format != .bf16
  }

  private static func writer(_ file: GGUFFile, scheme: Scheme, entries: [Entry]) -> GGUFWriter {
    let alignment = (try? file.metadata.unsignedInteger("general.alignment")).flatMap { $0 } ?? 32
    var writer = GGUFWriter(alignment: alignment)
    for key in file.metadata.keys where !key.hasPrefix("split.") {
      if let value = file.metadata[key] { writer.set(key, value) }
    }
    writer.set("general.quantization_version", .uint32(2))
    if let type = scheme.format.fileType { writer.set("general.file_type", .uint32(type)) }
    for entry in entries {
      writer.add(
        entry.tensor.name, dimensions: entry.tensor.dimensions,
        type: entry.format.map { GGMLType($0) } ?? entry.tensor.type)
    }
    return writer
  }

  /// Bytes of all tensors of the new file, without padding.
  package var tensorBytes: Int {
    entries.reduce(0) { sum, entry in
      sum + (entry.format.flatMap { $0.byteCount(elements: entry.tensor.elementCount) } ?? entry.tensor.byteCount ?? 0)
    }
  }

  /// Writes the file piece by piece: at most ``pieceElements`` values are held as FP32 at a time.
  /// - Throws: what `sink` throws, and ``GGUFQuantizerError``.
  package func write(threads: Int, to sink: ([UInt8]) throws -> Void) throws {
    let pool = WorkerPool(threads: threads)
    let byName = Dictionary(entries.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
    try writer.write(
      to: sink,
      pieces: { (tensor, offset) in
        guard let entry = byName[tensor.name] else { preconditionFailure("a tensor that was added") }
        let rowBytes = tensor.byteCount / entry.tensor.rows
        let first = offset / rowBytes
        let rows = max(1, Self.pieceElements / max(1, entry.tensor.columns))
        return try bytes(of: entry, rows: first..<min(entry.tensor.rows, first + rows), pool: pool)
      })
  }

  private static let pieceElements = 1 << 22

  private func bytes(of entry: Entry, rows: Range<Int>, pool: WorkerPool) throws(GGUFQuantizerError) -> [UInt8] {
    let tensor = entry.tensor
    guard let format = entry.format else {
      return unsafe file.withBytes(of: tensor, rows: rows) { unsafe [UInt8]($0) }
    }
    let columns = tensor.columns
    let values = AlignedBuffer<Float>(count: rows.count * columns)
    do {
      try unsafe file.decode(tensor, rows: rows, into: values.slice(0..<values.count))
    } catch {
      throw .model(.file(error))
    }
    do throws(BlockEncodingError) {
      // Block formats round when they encode; others first, so that encoding is exact.
      if case .blocks = entry.rounding {
      } else {
        _ = try entry.rounding.roundTrip(values, rows: rows.count, columns: columns, pool: pool)
      }
      return try values.encode(
        format, rows: rows.count, columns: columns, importance: entry.importance, pool: pool)
    } catch {
      throw .cannotEncode(tensor: tensor.name, error)
    }
  }
}

/// Why a model cannot be quantized into a GGUF file.
package enum GGUFQuantizerError: Error, CustomStringConvertible {
  case model(ModelError)
  case notStorable(Scheme)
  case unknownType(tensor: String, type: String)
  case wrongImportance(tensor: String, expected: Int, actual: Int)
  case cannotEncode(tensor: String, BlockEncodingError)

  package var description: String {
    switch self {
    case .model(let error): "\(error)"
    case .notStorable(let scheme):
      "scheme '\(scheme)' has no GGUF type; those that have: fp32, fp16, bf16, mxfp4 and llama.cpp's names, such as q8_0 "
        + "and q4_k_m"
    case .unknownType(let tensor, let type): "tensor '\(tensor)' is \(type), which cannot be decoded"
    case .wrongImportance(let tensor, let expected, let actual):
      "the importance matrix has \(actual) values for tensor '\(tensor)', expected \(expected); is it of another model?"
    case .cannotEncode(let tensor, let error): "tensor '\(tensor)': \(error)"
    }
  }
}

extension LinearForm {
  /// The format of a file's tensor that holds the weights exactly; `nil` when GGUF has none.
  func storage(columns: Int) -> BlockFormat? {
    switch self {
    case .fp32: .f32
    case .half(.fp16): .f16
    case .half(.bf16): .bf16
    case .weightOnly, .integer: nil
    case .rounded(let weights, _):
      switch weights {
      case .none: .f32
      case .half(.fp16): .f16
      case .half(.bf16): .bf16
      case .blocks(let format): format
      case .microscaling(MicroscalingBlock(.e2m1)) where columns % 32 == 0: .mxfp4
      default: nil
      }
    }
  }

  /// What is done to the weights before they are stored; `nil` for integers.
  fileprivate var rounding: WeightRounding? {
    switch self {
    case .fp32: WeightRounding.none
    case .half(let format): .half(format)
    case .weightOnly, .integer: nil
    case .rounded(let weights, _): weights
    }
  }
}

extension Scheme.Format {
  /// llama.cpp's `llama_ftype` of a file made under the scheme.
  var fileType: UInt32? {
    switch self {
    case .fp32: 0
    case .fp16: 1
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 7
    case .q5_0: 8
    case .q5_1: 9
    case .q2_k: 10
    case .q3_k_s: 11
    case .q3_k_m: 12
    case .q3_k_l: 13
    case .q4_k_s: 14
    case .q4_k_m: 15
    case .q5_k_s: 16
    case .q5_k_m: 17
    case .q6_k: 18
    case .q2_k_s: 21
    case .iq4_nl: 25
    case .iq4_xs: 30
    case .bf16: 32
    case .tq1_0: 36
    case .tq2_0: 37
    case .mxfp4: 38
    default: nil
    }
  }
}
