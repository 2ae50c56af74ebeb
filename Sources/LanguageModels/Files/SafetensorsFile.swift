package import Tensors

/// One safetensors file: a JSON table of named tensors, then their bytes.
///
/// The file is memory-mapped and untrusted: everything is checked when it is opened. As the format's own library
/// wants it, the tensors fill the rest of the file without overlaps or gaps.
///
/// Source: safetensors 0.5 documentation of the format and its `validate`.
package final class SafetensorsFile: Sendable {
  package struct Tensor: Sendable, Hashable {
    package let name: String
    package let type: ElementType
    /// Outermost dimension first.
    package let shape: [Int]
    /// Where its bytes lie in the file.
    let bytes: Range<Int>
  }

  package let path: String
  /// In the order of their bytes.
  package let tensors: [Tensor]
  private let file: MappedFile

  /// As the format's own library.
  private static let longestHeader = 100_000_000

  package convenience init(path: String) throws(SafetensorsError) {
    do {
      try self.init(MappedFile(path: path))
    } catch let error as MappedFileError {
      throw SafetensorsError(file: path, problem: .unreadable(error))
    } catch let error as SafetensorsError {
      throw error
    } catch {
      preconditionFailure("opening throws these two only: \(error)")
    }
  }

  /// A file that exists only in memory; for tests.
  package convenience init(bytes: [UInt8], name: String = "memory") throws(SafetensorsError) {
    try self.init(MappedFile(bytes: bytes, name: name))
  }

  private init(_ file: MappedFile) throws(SafetensorsError) {
    self.file = file
    path = file.path
    func failure(_ problem: SafetensorsError.Problem) -> SafetensorsError {
      SafetensorsError(file: file.path, problem: problem)
    }
    guard file.byteCount >= 8, let length = try? file.load(UInt64.self, at: 0) else {
      throw failure(.truncated(needed: 8, available: file.byteCount))
    }
    guard length <= UInt64(Self.longestHeader) else { throw failure(.longHeader(length)) }
    let start = 8 + Int(length)
    guard start <= file.byteCount else { throw failure(.truncated(needed: start, available: file.byteCount)) }
    let header: JSONValue
    do {
      header = try JSONParser.parse(unsafe file.withBytes(in: 8..<start) { unsafe [UInt8]($0) })
    } catch {
      throw failure(.header(error))
    }
    guard let members = header.members else { throw failure(.header(JSONError(offset: 0, expected: "an object"))) }
    var tensors: [Tensor] = []
    for member in members where member.key != "__metadata__" {
      do {
        tensors.append(try Self.tensor(member, dataStart: start, fileBytes: file.byteCount))
      } catch {
        throw failure(error)
      }
    }
    tensors.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = start
    for tensor in tensors {
      guard tensor.bytes.lowerBound == end else {
        throw failure(
          .notContiguous(tensor: tensor.name, expected: end - start, actual: tensor.bytes.lowerBound - start))
      }
      end = tensor.bytes.upperBound
    }
    guard end == file.byteCount else { throw failure(.trailingBytes(file.byteCount - end)) }
    self.tensors = tensors
  }

  private static func tensor(
    _ member: JSONValue.Member, dataStart: Int, fileBytes: Int
  ) throws(SafetensorsError.Problem) -> Tensor {
    let (name, entry) = (member.key, member.value)
    guard let typeName = entry["dtype"]?.string, let shapeValues = entry["shape"]?.array,
      let offsets = entry["data_offsets"]?.array, offsets.count == 2
    else { throw .malformedEntry(tensor: name) }
    guard let type = ElementType(rawValue: typeName) else { throw .unknownType(tensor: name, type: typeName) }
    let shape = shapeValues.compactMap(\.integer)
    guard shape.count == shapeValues.count, shape.count <= 8, shape.allSatisfy({ $0 >= 0 }),
      let begin = offsets[0].integer, let end = offsets[1].integer
    else { throw .malformedEntry(tensor: name) }
    var needed = type.byteCount
    for size in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: size)
      guard !overflow else { throw .wrongSize(tensor: name, shape: shape, bytes: end) }
      needed = product
    }
    guard begin >= 0, begin <= end, end <= fileBytes - dataStart else {
      throw .pastEnd(tensor: name, offset: end, available: fileBytes - dataStart)
    }
    guard end - begin == needed else { throw .wrongSize(tensor: name, shape: shape, bytes: end - begin) }
    return Tensor(name: name, type: type, shape: shape, bytes: dataStart + begin..<dataStart + end)
  }

  package var byteCount: Int { file.byteCount }

  /// Decodes elements of a tensor of this file, counted in its own order.
  func decode(_ tensor: Tensor, elements: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    unsafe withBytes(of: tensor, elements: elements) { unsafe tensor.type.decode($0, into: destination) }
  }

  /// Lends the bytes of elements of a tensor of this file.
  func withBytes<Result>(
    of tensor: Tensor, elements: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let size = tensor.type.byteCount
    let first = tensor.bytes.lowerBound
    precondition(
      elements.lowerBound >= 0 && first + elements.upperBound * size <= tensor.bytes.upperBound,
      "the elements are the tensor's")
    return unsafe file.withBytes(in: first + elements.lowerBound * size..<first + elements.upperBound * size, body)
  }

  /// Lends all bytes, piece by piece.
  func forEachPiece(_ body: (Span<UInt8>) -> Void) {
    let pieceSize = 1 << 20
    for start in stride(from: 0, to: file.byteCount, by: pieceSize) {
      unsafe file.withBytes(in: start..<min(file.byteCount, start + pieceSize)) {
        body(unsafe $0.bindMemory(to: UInt8.self).span)
      }
    }
  }
}
