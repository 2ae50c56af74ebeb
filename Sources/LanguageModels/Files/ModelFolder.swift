package import Tensors

/// A model as transformers saves it: a folder with `config.json` and one or several safetensors files.
package final class ModelFolder: TensorSource, Sendable {
  package let path: String
  /// `config.json`.
  package let config: JSONValue
  package let files: [SafetensorsFile]
  /// How the linear layers are stored where the checkpoint was quantized before it was saved.
  private let layout: PackedMatrix.Layout?
  private let places: [String: (file: Int, tensor: SafetensorsFile.Tensor)]

  /// Larger text files are refused.
  static let longestText = 1 << 29

  /// - Throws: ``ModelFolderError`` naming the file.
  package init(path: String) throws(ModelFolderError) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    guard let config = try Self.json("config.json", in: path) else {
      throw ModelFolderError(file: path, problem: .noConfig)
    }
    self.config = config
    do {
      layout = try PackedMatrix.Layout(config)
    } catch {
      throw ModelFolderError(file: path + "/config.json", problem: .unsupportedQuantization(error.description))
    }
    let names = try Self.fileNames(in: path)
    files = try names.map { (name) throws(ModelFolderError) in
      do throws(SafetensorsError) {
        return try SafetensorsFile(path: path + "/" + name)
      } catch {
        throw ModelFolderError(file: path, problem: .safetensors(error))
      }
    }
    var places: [String: (file: Int, tensor: SafetensorsFile.Tensor)] = [:]
    for (index, file) in files.enumerated() {
      for tensor in file.tensors where places.updateValue((index, tensor), forKey: tensor.name) != nil {
        throw ModelFolderError(file: file.path, problem: .duplicateTensor(tensor.name))
      }
    }
    self.places = places
  }

  /// Whether there is a folder at a path.
  package static func isFolder(_ path: String) -> Bool {
    do throws(MappedFileError) {
      _ = try MappedFile(path: path)
      return false
    } catch {
      if case .isDirectory = error { return true }
      return false
    }
  }

  /// The safetensors files, from the index where there is one.
  private static func fileNames(in path: String) throws(ModelFolderError) -> [String] {
    let indexName = "model.safetensors.index.json"
    guard let index = try json(indexName, in: path) else { return ["model.safetensors"] }
    guard let map = index["weight_map"]?.members, !map.isEmpty else {
      throw ModelFolderError(file: path + "/" + indexName, problem: .noWeightMap)
    }
    var names: Set<String> = []
    for member in map {
      // A name with a slash could lead anywhere.
      guard let name = member.value.string, name.hasSuffix(".safetensors"), !name.contains("/"), !name.contains("\0")
      else { throw ModelFolderError(file: path + "/" + indexName, problem: .badFileName(tensor: member.key)) }
      names.insert(name)
    }
    return names.sorted()
  }

  /// A JSON file of the folder; `nil` when it is not there.
  package func json(_ name: String) throws(ModelFolderError) -> JSONValue? { try Self.json(name, in: path) }

  /// A text file of the folder; `nil` when it is not there.
  package func text(_ name: String) throws(ModelFolderError) -> String? {
    guard let bytes = try Self.bytes(name, in: path) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func json(_ name: String, in folder: String) throws(ModelFolderError) -> JSONValue? {
    guard let bytes = try bytes(name, in: folder) else { return nil }
    do {
      return try JSONParser.parse(bytes)
    } catch {
      throw ModelFolderError(file: folder + "/" + name, problem: .json(error))
    }
  }

  private static func bytes(_ name: String, in folder: String) throws(ModelFolderError) -> [UInt8]? {
    let path = folder + "/" + name
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      if case .cannotOpen(_, let reason) = error, reason.hasPrefix("No such file") { return nil }
      throw ModelFolderError(file: path, problem: .unreadable(error))
    }
    guard file.byteCount <= longestText else {
      throw ModelFolderError(file: path, problem: .longText(bytes: file.byteCount))
    }
    return unsafe file.withBytes(in: 0..<file.byteCount) { unsafe [UInt8]($0) }
  }

  // MARK: Tensors

  package var naming: TensorNaming { .huggingFace }
  package var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// The names of all tensors, sorted; a matrix that was quantized before it was saved is one.
  package var tensorNames: [String] {
    guard let layout else { return places.keys.sorted() }
    let names = places.keys.map { name in
      for suffix in PackedMatrix.suffixes where name.hasSuffix(suffix) {
        let stem = String(name.dropLast(suffix.count))
        if PackedMatrix(stem, layout: layout, folder: self) != nil { return stem + ".weight" }
      }
      return name
    }
    return Set(names).sorted()
  }

  func stored(_ name: String) -> SafetensorsFile.Tensor? { places[name]?.tensor }

  package func dimensions(of name: String) -> [Int]? {
    if let packed = packed(name) { return [packed.columns, packed.rows] }
    return places[name]?.tensor.shape.reversed()
  }

  /// Integers without scales are no weights.
  package func checkDecodable(_ name: String) throws(ModelError) {
    guard packed(name) == nil, let type = places[name]?.tensor.type else { return }
    guard [.float16, .bfloat16, .float32, .float64].contains(type) else {
      throw .unsupported(
        "tensor \(quoted(name)) of type \(type.rawValue) without scales that fit it",
        expected: "F16, BF16, F32 or F64, or a checkpoint of gptq, awq, compressed-tensors or bitsandbytes")
    }
  }

  package func decode(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError) {
    if let packed = packed(name) { return unsafe packed.decode(rows: rows, into: destination) }
    guard let place = places[name] else { throw .missingTensor(name) }
    let columns = place.tensor.shape.last ?? 1
    unsafe files[place.file].decode(
      place.tensor, elements: rows.lowerBound * columns..<rows.upperBound * columns, into: destination)
  }

  /// Whether the checkpoint was quantized before it was saved.
  package var isQuantized: Bool { layout != nil }

  /// Whether a matrix was quantized before it was saved.
  func isPacked(_ name: String) -> Bool { packed(name) != nil }

  private func packed(_ name: String) -> PackedMatrix? {
    guard let layout, name.hasSuffix(".weight") else { return nil }
    return PackedMatrix(String(name.dropLast(".weight".count)), layout: layout, folder: self)
  }

  /// Lends the bytes of all elements of a tensor, which is there.
  func withBytes<Result>(
    of name: String, elements: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    guard let place = places[name] else { preconditionFailure("the tensor is there") }
    return unsafe files[place.file].withBytes(of: place.tensor, elements: elements, body)
  }

  package func forEachPiece(_ body: (Span<UInt8>) -> Void) {
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
      if let bytes = (try? Self.bytes(name, in: path)).flatMap({ $0 }) { body(bytes.span) }
    }
    for file in files { file.forEachPiece(body) }
  }
}

/// Why a model folder cannot be used, and which file of it.
package struct ModelFolderError: Error, Equatable {
  package let file: String
  package let problem: Problem

  package enum Problem: Equatable, Sendable {
    case unreadable(MappedFileError)
    case safetensors(SafetensorsError)
    case json(JSONError)
    case longText(bytes: Int)
    case noConfig
    case noWeightMap
    case badFileName(tensor: String)
    case duplicateTensor(String)
    case unsupportedQuantization(String)
  }
}

extension ModelFolderError: CustomStringConvertible {
  package var description: String {
    switch problem {
    case .unreadable(let error): error.description
    case .safetensors(let error): error.description
    case .json(let error): "\(file): \(error)"
    case .longText(let bytes): "\(file): has \(bytes) bytes, more than the \(ModelFolder.longestText) that are read"
    case .noConfig: "\(file): has no config.json; is it a model folder as transformers saves it?"
    case .noWeightMap: "\(file): has no 'weight_map' that names the file of each tensor"
    case .badFileName(let tensor):
      "\(file): the file of tensor \(quoted(tensor)) must be the name of a .safetensors file in the same folder"
    case .unsupportedQuantization(let sentence): "\(file): \(sentence)"
    case .duplicateTensor(let name): "\(file): tensor \(quoted(name)) is in another file, too"
    }
  }
}
