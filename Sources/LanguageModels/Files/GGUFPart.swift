import Tensors

/// One file on disk: its header, its metadata and its tensor table, all checked against the file's length.
///
/// Layout (ggml `docs/gguf.md`): magic, version, counts, key-value pairs, tensor table, padding, data.
struct GGUFPart: Sendable {
  let file: MappedFile
  let version: UInt32
  let metadata: GGUFMetadata
  let tensors: [GGUFTensor]

  /// - Parameter index: the place of this part in a split file, counted from 0.
  init(_ file: MappedFile, index: Int = 0) throws(GGUFError) {
    self.file = file
    var reader = GGUFReader(file)
    version = try Self.readVersion(&reader)

    // The least entry of the tensor table: an empty name, no dimensions, a type and an offset.
    let tensorCount = try reader.count(of: "tensors", minimumBytes: 24)
    // The least pair: an empty key, a type and one byte.
    let pairCount = try reader.count(of: "metadata keys", minimumBytes: 13)

    var metadata = GGUFMetadata(file: file.path)
    for _ in 0..<pairCount {
      let place = reader.offset
      let key = try reader.string("a metadata key")
      let value = try reader.value(for: key)
      guard metadata.add(value, for: key) else { throw reader.failure(.duplicateKey(key, offset: place)) }
    }
    self.metadata = metadata
    let alignment = try Self.alignment(metadata, reader)

    var entries: [TableEntry] = []
    entries.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { entries.append(try TableEntry(&reader)) }

    let padding = (alignment - reader.offset % alignment) % alignment
    let dataStart = reader.offset + padding
    var tensors: [GGUFTensor] = []
    tensors.reserveCapacity(tensorCount)
    for entry in entries {
      tensors.append(try entry.tensor(part: index, dataStart: dataStart, alignment: alignment, reader: reader))
    }
    self.tensors = tensors
  }

  private static func readVersion(_ reader: inout GGUFReader) throws(GGUFError) -> UInt32 {
    let found = reader.file.prefix(4)
    guard found == Array("GGUF".utf8) else { throw reader.failure(.wrongMagic(found: found)) }
    _ = try reader.integer(UInt32.self, "the magic")
    let version = try reader.integer(UInt32.self, "the version")
    // The format has no flag for byte order, but a swapped small number has its low half clear.
    if version != 0, version & 0xffff == 0 { throw reader.failure(.bigEndian) }
    guard version == 2 || version == 3 else { throw reader.failure(.unsupportedVersion(version)) }
    return version
  }

  private static func alignment(_ metadata: GGUFMetadata, _ reader: GGUFReader) throws(GGUFError) -> Int {
    let alignment = try metadata.unsignedInteger("general.alignment") ?? 32
    guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 30 else {
      throw reader.failure(.badAlignment(UInt64(alignment)))
    }
    return alignment
  }
}

/// A tensor as the table states it, before its data can be located.
private struct TableEntry {
  let name: String
  let dimensions: [UInt64]
  let type: GGMLType
  let offset: UInt64

  init(_ reader: inout GGUFReader) throws(GGUFError) {
    name = try reader.string("a tensor name")
    let what = "the table entry of tensor \(quoted(name))"
    let place = reader.offset
    let dimensionCount = try reader.integer(UInt32.self, what)
    guard dimensionCount <= 4 else {
      throw reader.failure(.tooManyDimensions(tensor: name, count: dimensionCount, offset: place))
    }
    var dimensions: [UInt64] = []
    for _ in 0..<dimensionCount { dimensions.append(try reader.integer(UInt64.self, what)) }
    self.dimensions = dimensions
    type = GGMLType(id: try reader.integer(UInt32.self, what))
    offset = try reader.integer(UInt64.self, what)
  }

  func tensor(
    part: Int, dataStart: Int, alignment: Int, reader: GGUFReader
  ) throws(GGUFError) -> GGUFTensor {
    let byteCount = try byteCount(reader)
    guard offset % UInt64(alignment) == 0 else {
      throw reader.failure(.misaligned(tensor: name, offset: offset, alignment: alignment))
    }
    let fileBytes = reader.file.byteCount
    // An empty tensor may lie at the very end of a file that was not padded.
    let available = max(0, fileBytes - dataStart)
    guard offset <= UInt64(available), byteCount ?? 0 <= available - Int(offset) else {
      throw reader.failure(.pastEnd(tensor: name, offset: offset, needed: byteCount ?? 0, fileBytes: fileBytes))
    }
    return GGUFTensor(
      name: name, dimensions: dimensions.map { Int($0) }, type: type, byteCount: byteCount,
      offset: min(dataStart, fileBytes) + Int(offset), part: part)
  }

  /// Bytes of the rows; also proves that the number of elements fits an `Int`.
  private func byteCount(_ reader: GGUFReader) throws(GGUFError) -> Int? {
    var rows = 1
    var columns = 1
    for (index, dimension) in dimensions.enumerated() {
      guard let dimension = Int(exactly: dimension) else { throw overflow(reader) }
      if index == 0 { columns = dimension } else { rows = try product(rows, dimension, reader) }
    }
    _ = try product(rows, columns, reader)
    guard let block = type.block else { return nil }
    guard columns % block.elements == 0 else {
      throw reader.failure(
        .partialBlock(tensor: name, rowLength: columns, type: type.name, blockElements: block.elements))
    }
    return try product(rows, try product(columns / block.elements, block.bytes, reader), reader)
  }

  private func product(_ a: Int, _ b: Int, _ reader: GGUFReader) throws(GGUFError) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow else { throw self.overflow(reader) }
    return product
  }

  private func overflow(_ reader: GGUFReader) -> GGUFError {
    reader.failure(.shapeOverflow(tensor: name, dimensions: dimensions))
  }
}
