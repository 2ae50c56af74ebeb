package import Tensors

/// The named tensors of a model, whatever its files are: a GGUF file or a folder with safetensors.
///
/// Dimensions are in GGUF's order, row length first: a matrix `[in, out]` has `out` rows of `in` values.
package protocol TensorSource: AnyObject, Sendable {
  /// The file or folder, for messages and provenance.
  var path: String { get }
  var naming: TensorNaming { get }
  /// Bytes of all files that belong to the model.
  var byteCount: Int { get }

  /// The names of all tensors, in the order of the files.
  var tensorNames: [String] { get }

  /// The dimensions of a tensor; `nil` when there is none of that name.
  func dimensions(of name: String) -> [Int]?

  /// How a tensor is stored; `nil` when there is none of that name, or it is in no block format.
  func storedFormat(of name: String) -> BlockFormat?

  /// Refuses a tensor, which is there, when its type cannot be decoded.
  func checkDecodable(_ name: String) throws(ModelError)

  /// Decodes rows of a tensor, which is there, to FP32.
  /// - Parameter destination: `rows.count` times the row length.
  func decode(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError)

  /// Gives back the memory of what was read of a tensor; it is read from the files again when it is needed.
  func forget(_ name: String)

  /// Lends all bytes of the model's files in order, piece by piece; for digests.
  func forEachPiece(_ body: (Span<UInt8>) -> Void)
}

extension TensorSource {
  package func forget(_ name: String) {}
}

/// Whose names and row orders the tensors of a source have.
package enum TensorNaming: Sendable, Hashable {
  /// `blk.0.attn_q.weight`, as llama.cpp's converter writes it.
  case gguf
  /// `model.layers.0.self_attn.q_proj.weight`, as transformers saves it.
  case huggingFace
}

extension TensorSource {
  package func storedFormat(of name: String) -> BlockFormat? { nil }
}

extension GGUFFile: TensorSource {
  package var naming: TensorNaming { .gguf }
  package var tensorNames: [String] { tensors.map(\.name) }

  package func dimensions(of name: String) -> [Int]? { tensor(named: name)?.dimensions }

  package func storedFormat(of name: String) -> BlockFormat? { tensor(named: name)?.format }

  package func checkDecodable(_ name: String) throws(ModelError) {
    guard let tensor = tensor(named: name) else { throw .missingTensor(name) }
    do {
      _ = try format(of: tensor)
    } catch {
      throw .file(error)
    }
  }

  package func decode(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError) {
    guard let tensor = tensor(named: name) else { throw .missingTensor(name) }
    do {
      try unsafe decode(tensor, rows: rows, into: destination)
    } catch {
      throw .file(error)
    }
  }

  package func forget(_ name: String) {
    if let tensor = tensor(named: name) { forget(tensor) }
  }
}
