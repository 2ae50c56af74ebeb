import Tensors

/// Reads the fields of a GGUF file one after the other, checking each before it is used.
struct GGUFReader {
  /// Arrays of arrays of ... deeper than this are refused, so that a hostile file cannot exhaust the stack.
  static let deepestNesting = 8

  let file: MappedFile
  private(set) var offset = 0

  init(_ file: MappedFile) { self.file = file }

  var remaining: Int { file.byteCount - offset }

  func failure(_ problem: GGUFError.Problem) -> GGUFError { GGUFError(file: file.path, problem: problem) }

  /// The place of the next `count` bytes, which are then behind the cursor.
  ///
  /// - Parameter what: what they are, for the message; it is made only then.
  private mutating func advance(_ count: Int, _ what: @autoclosure () -> String) throws(GGUFError) -> Int {
    guard count <= remaining else {
      throw failure(.truncated(reading: what(), offset: offset, needed: count, available: remaining))
    }
    defer { offset += count }
    return offset
  }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, _ what: @autoclosure () -> String
  ) throws(GGUFError) -> Value {
    let place = try advance(MemoryLayout<Value>.size, what())
    return try rewrap { () throws(MappedFileError) in try file.load(Value.self, at: place) }
  }

  /// A count of things that take at least `minimumBytes` each, so no more than the rest of the file can hold.
  mutating func count(of what: @autoclosure () -> String, minimumBytes: Int) throws(GGUFError) -> Int {
    let place = offset
    let count = try integer(UInt64.self, "the number of \(what())")
    let limit = remaining / minimumBytes
    guard count <= UInt64(limit) else {
      throw failure(.absurdCount(of: what(), offset: place, count: count, limit: limit))
    }
    return Int(count)
  }

  mutating func string(_ what: @autoclosure () -> String) throws(GGUFError) -> String {
    let place = offset
    let byteCount = try count(of: "bytes in \(what())", minimumBytes: 1)
    let start = try advance(byteCount, what())
    guard let string = file.string(in: start..<start + byteCount) else {
      throw failure(.invalidUTF8(reading: what(), offset: place))
    }
    return string
  }

  /// A value preceded by its type.
  mutating func value(for key: String) throws(GGUFError) -> GGUFValue {
    let what = "the value of \(quoted(key))"
    switch try valueType(for: key) {
    case .uint8: return .uint8(try integer(UInt8.self, what))
    case .int8: return .int8(try integer(Int8.self, what))
    case .uint16: return .uint16(try integer(UInt16.self, what))
    case .int16: return .int16(try integer(Int16.self, what))
    case .uint32: return .uint32(try integer(UInt32.self, what))
    case .int32: return .int32(try integer(Int32.self, what))
    case .float32: return .float32(Float(bitPattern: try integer(UInt32.self, what)))
    case .bool: return .bool(try integer(UInt8.self, what) != 0)
    case .string: return .string(try string(what))
    case .array: return .array(try array(for: key, depth: 1))
    case .uint64: return .uint64(try integer(UInt64.self, what))
    case .int64: return .int64(try integer(Int64.self, what))
    case .float64: return .float64(Double(bitPattern: try integer(UInt64.self, what)))
    }
  }

  private mutating func array(for key: String, depth: Int) throws(GGUFError) -> GGUFArray {
    guard depth <= Self.deepestNesting else { throw failure(.nestedTooDeeply(key: key, offset: offset)) }
    let type = try valueType(for: key)
    let count = try count(of: "elements of \(quoted(key))", minimumBytes: type.minimumBytes)
    switch type {
    case .uint8: return .uint8(try integers(count, for: key))
    case .int8: return .int8(try integers(count, for: key))
    case .uint16: return .uint16(try integers(count, for: key))
    case .int16: return .int16(try integers(count, for: key))
    case .uint32: return .uint32(try integers(count, for: key))
    case .int32: return .int32(try integers(count, for: key))
    case .float32: return .float32((try integers(count, for: key) as [UInt32]).map(Float.init(bitPattern:)))
    case .bool: return .bool((try integers(count, for: key) as [UInt8]).map { $0 != 0 })
    case .uint64: return .uint64(try integers(count, for: key))
    case .int64: return .int64(try integers(count, for: key))
    case .float64: return .float64((try integers(count, for: key) as [UInt64]).map(Double.init(bitPattern:)))
    case .string:
      let what = "an element of \(quoted(key))"
      var strings: [String] = []
      strings.reserveCapacity(count)
      for _ in 0..<count { strings.append(try string(what)) }
      return .string(strings)
    case .array:
      var arrays: [GGUFArray] = []
      for _ in 0..<count { arrays.append(try array(for: key, depth: depth + 1)) }
      return .array(arrays)
    }
  }

  private mutating func valueType(for key: String) throws(GGUFError) -> GGUFValueType {
    let place = offset
    let id = try integer(UInt32.self, "the value type of \(quoted(key))")
    guard let type = GGUFValueType(rawValue: id) else {
      throw failure(.unknownValueType(key: key, id: id, offset: place))
    }
    return type
  }

  /// `count` integers, where the count was checked against the rest of the file.
  private mutating func integers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ count: Int, for key: String
  ) throws(GGUFError) -> [Value] {
    let place = try advance(count * MemoryLayout<Value>.size, "the elements of \(quoted(key))")
    return try rewrap { () throws(MappedFileError) in try file.loadArray(of: Value.self, count: count, at: place) }
  }

  private func rewrap<Value>(_ body: () throws(MappedFileError) -> Value) throws(GGUFError) -> Value {
    do { return try body() } catch { throw failure(.unreadable(error)) }
  }
}
