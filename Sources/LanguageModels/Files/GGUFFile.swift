import Tensors

/// A model file in GGUF format, version 2 or 3, of one part or split into several.
///
/// The file is memory-mapped and untrusted: everything is checked when it is opened, so that rows can be decoded
/// later without surprises. Tensors of types that cannot be decoded are listed, and refused when they are decoded.
package final class GGUFFile: Sendable {
  /// The path of the first part, as it was given or found.
  package let path: String
  package let version: UInt32

  /// The metadata of the first part; the others repeat or omit it.
  package let metadata: GGUFMetadata

  /// The tensors of all parts, in file order.
  package let tensors: [GGUFTensor]

  /// Most elements of all tensors together: beyond any machine, and their sizes in bytes still fit an `Int`.
  private static let elementLimit = 1 << 56

  private let parts: [MappedFile]
  private let indices: [String: Int]

  /// Opens the file at `path`, and its siblings when it is part of a split file: any part may be named.
  package convenience init(path: String) throws(GGUFError) {
    let named = try GGUFPart(Self.map(path))
    guard let count = try named.metadata.unsignedInteger("split.count"), count > 1 else {
      try self.init(parts: [named])
      return
    }
    try self.init(parts: try Self.allParts(of: count, named: named))
  }

  /// A file that exists only in memory; for tests.
  package convenience init(bytes: [UInt8], name: String = "memory") throws(GGUFError) {
    try self.init(parts: [try GGUFPart(MappedFile(bytes: bytes, name: name))])
  }

  private init(parts: [GGUFPart]) throws(GGUFError) {
    path = parts[0].file.path
    version = parts[0].version
    metadata = parts[0].metadata
    tensors = parts.flatMap(\.tensors)
    self.parts = parts.map(\.file)

    var indices: [String: Int] = [:]
    var elements = 0
    for (index, tensor) in tensors.enumerated() {
      // Tensors of unknown types are not bounded by the file's length.
      guard tensor.elementCount <= Self.elementLimit - elements else {
        throw GGUFError(
          file: parts[tensor.part].file.path,
          problem: .shapeOverflow(tensor: tensor.name, dimensions: tensor.dimensions.map(UInt64.init)))
      }
      elements += tensor.elementCount
      guard indices.updateValue(index, forKey: tensor.name) == nil else {
        throw GGUFError(file: parts[tensor.part].file.path, problem: .duplicateTensor(tensor.name))
      }
    }
    self.indices = indices
    if let total = try metadata.unsignedInteger("split.tensors.count"), parts.count > 1, total != tensors.count {
      throw GGUFError(file: path, problem: .wrongTensorTotal(expected: total, actual: tensors.count))
    }
  }

  /// Bytes of all parts.
  package var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  package func tensor(named name: String) -> GGUFTensor? { indices[name].map { tensors[$0] } }

  /// Dequantizes rows of a tensor of this file.
  ///
  /// - Parameter rows: a range of `0..<tensor.rows`.
  /// - Parameter destination: `rows.count` · `tensor.columns` floats, row-major.
  /// - Throws: `unsupportedType` for a type that cannot be decoded.
  package func decode(
    _ tensor: GGUFTensor, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(GGUFError) {
    let format = try format(of: tensor)
    unsafe withBytes(of: tensor, rows: rows) { unsafe format.decode($0, into: destination) }
  }

  /// All values of a tensor of this file, row-major.
  package func decode(_ tensor: GGUFTensor) throws(GGUFError) -> [Float] {
    let format = try format(of: tensor)
    return unsafe [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, initialized in
      let destination = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.elementCount])
      unsafe withBytes(of: tensor, rows: 0..<tensor.rows) { unsafe format.decode($0, into: destination) }
      initialized = tensor.elementCount
    }
  }

  /// Lends the bytes of rows of a tensor of this file, as they are stored.
  ///
  /// The block size of the tensor's type must be known, and `rows` must be a range of `0..<tensor.rows`.
  package func withBytes<Result, Failure: Error>(
    of tensor: GGUFTensor, rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let byteCount = tensor.byteCount else { preconditionFailure("the block size is known") }
    precondition(rows.lowerBound >= 0 && rows.upperBound <= tensor.rows, "the rows are the tensor's")
    let rowBytes = tensor.rows == 0 ? 0 : byteCount / tensor.rows
    let start = tensor.offset + rows.lowerBound * rowBytes
    return try unsafe parts[tensor.part].withBytes(in: start..<start + rows.count * rowBytes, body)
  }

  /// Gives back the memory of a tensor's pages; they are read from the file again when they are needed.
  func forget(_ tensor: GGUFTensor) {
    guard let byteCount = tensor.byteCount else { return }
    parts[tensor.part].forget(tensor.offset..<tensor.offset + byteCount)
  }

  /// Lends all bytes of all parts in order, piece by piece; for digests.
  package func forEachPiece(_ body: (Span<UInt8>) -> Void) {
    let pieceSize = 1 << 20
    for part in parts {
      for start in stride(from: 0, to: part.byteCount, by: pieceSize) {
        unsafe part.withBytes(in: start..<min(part.byteCount, start + pieceSize)) {
          body(unsafe $0.bindMemory(to: UInt8.self).span)
        }
        part.forget(start..<min(part.byteCount, start + pieceSize))
      }
    }
  }

  /// The format of a tensor of this file.
  /// - Throws: `unsupportedType` for one that cannot be decoded.
  func format(of tensor: GGUFTensor) throws(GGUFError) -> BlockFormat {
    guard let format = tensor.format else {
      throw GGUFError(
        file: parts[tensor.part].path, problem: .unsupportedType(tensor: tensor.name, type: tensor.type.name))
    }
    return format
  }

  static func map(_ path: String) throws(GGUFError) -> MappedFile {
    do {
      return try MappedFile(path: path)
    } catch {
      throw GGUFError(file: path, problem: .unreadable(error))
    }
  }
}
