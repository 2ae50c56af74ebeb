/// Writes GGUF version 3: metadata and tensors whose bytes are already encoded.
///
/// The table precedes the data, so a writer knows every tensor first; their bytes are asked for one tensor at a time.
package struct GGUFWriter {
  /// A tensor to be written.
  package struct Tensor {
    package let name: String
    /// Row length first.
    package let dimensions: [Int]
    package let type: GGMLType
    package let byteCount: Int
  }

  private var metadata: [(key: String, value: GGUFValue)] = []
  private var tensors: [Tensor] = []
  private let alignment: Int

  /// - Parameter alignment: a power of two; written as `general.alignment` unless it is the default.
  package init(alignment: Int = 32) {
    precondition(alignment > 0 && alignment & (alignment - 1) == 0, "the alignment is a power of two")
    self.alignment = alignment
    if alignment != 32 { set("general.alignment", .uint32(UInt32(alignment))) }
  }

  /// Sets a metadata value, in the place of an earlier one for the same key.
  package mutating func set(_ key: String, _ value: GGUFValue) {
    if let index = metadata.firstIndex(where: { $0.key == key }) {
      metadata[index].value = value
    } else {
      metadata.append((key, value))
    }
  }

  /// Announces a tensor of a type whose block size is known; its rows must be whole blocks.
  package mutating func add(_ name: String, dimensions: [Int], type: GGMLType) {
    guard let block = type.block else { preconditionFailure("the block size of \(type.name) is known") }
    precondition(dimensions.count <= 4 && dimensions.allSatisfy { $0 >= 0 }, "at most four dimensions")
    precondition((dimensions.first ?? 1) % block.elements == 0, "rows are whole blocks")
    let byteCount = dimensions.reduce(1, *) / block.elements * block.bytes
    tensors.append(Tensor(name: name, dimensions: dimensions, type: type, byteCount: byteCount))
  }

  /// Passes the file to `sink` piece by piece.
  ///
  /// - Parameter data: the bytes of a tensor; it is called once per tensor, in the order they were added.
  package func write<Failure: Error>(
    to sink: ([UInt8]) throws(Failure) -> Void, data: (Tensor) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    try write(to: sink, pieces: { (tensor, _) throws(Failure) in try data(tensor) })
  }

  /// Passes the file to `sink` piece by piece, tensors too.
  ///
  /// - Parameter pieces: the next bytes of a tensor, at least one, after so many that it has given already; it is called
  ///   for the tensors in the order they were added, until each is complete.
  package func write<Failure: Error>(
    to sink: ([UInt8]) throws(Failure) -> Void, pieces: (Tensor, _ offset: Int) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    try sink(header())
    for tensor in tensors {
      var count = 0
      while count < tensor.byteCount {
        let piece = try pieces(tensor, count)
        precondition(
          !piece.isEmpty && piece.count <= tensor.byteCount - count,
          "the bytes of '\(tensor.name)' are as many as announced")
        count += piece.count
        try sink(piece)
      }
      try sink([UInt8](repeating: 0, count: padding(after: count)))
    }
  }

  private func header() -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.append(integer: UInt32(3))
    bytes.append(integer: UInt64(tensors.count))
    bytes.append(integer: UInt64(metadata.count))
    for (key, value) in metadata {
      bytes.append(string: key)
      bytes.append(integer: value.type.rawValue)
      bytes.append(value: value)
    }
    var offset = 0
    for tensor in tensors {
      bytes.append(string: tensor.name)
      bytes.append(integer: UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { bytes.append(integer: UInt64(dimension)) }
      bytes.append(integer: tensor.type.id)
      bytes.append(integer: UInt64(offset))
      offset += tensor.byteCount + padding(after: tensor.byteCount)
    }
    return bytes + [UInt8](repeating: 0, count: padding(after: bytes.count))
  }

  private func padding(after byteCount: Int) -> Int { (alignment - byteCount % alignment) % alignment }
}

extension [UInt8] {
  fileprivate mutating func append(integer value: some FixedWidthInteger) {
    for byte in 0..<value.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
  }

  fileprivate mutating func append(string: String) {
    append(integer: UInt64(string.utf8.count))
    append(contentsOf: string.utf8)
  }

  fileprivate mutating func append(value: GGUFValue) {
    switch value {
    case .uint8(let value): append(integer: value)
    case .int8(let value): append(integer: value)
    case .uint16(let value): append(integer: value)
    case .int16(let value): append(integer: value)
    case .uint32(let value): append(integer: value)
    case .int32(let value): append(integer: value)
    case .float32(let value): append(integer: value.bitPattern)
    case .bool(let value): append(value ? 1 : 0)
    case .string(let value): append(string: value)
    case .array(let value): append(array: value)
    case .uint64(let value): append(integer: value)
    case .int64(let value): append(integer: value)
    case .float64(let value): append(integer: value.bitPattern)
    }
  }

  private mutating func append(array: GGUFArray) {
    append(integer: array.elementType.rawValue)
    append(integer: UInt64(array.count))
    switch array {
    case .uint8(let values): append(contentsOf: values)
    case .int8(let values): for value in values { append(integer: value) }
    case .uint16(let values): for value in values { append(integer: value) }
    case .int16(let values): for value in values { append(integer: value) }
    case .uint32(let values): for value in values { append(integer: value) }
    case .int32(let values): for value in values { append(integer: value) }
    case .float32(let values): for value in values { append(integer: value.bitPattern) }
    case .bool(let values): for value in values { append(value ? 1 : 0) }
    case .string(let values): for value in values { append(string: value) }
    case .array(let values): for value in values { append(array: value) }
    case .uint64(let values): for value in values { append(integer: value) }
    case .int64(let values): for value in values { append(integer: value) }
    case .float64(let values): for value in values { append(integer: value.bitPattern) }
    }
  }
}
