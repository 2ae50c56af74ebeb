import Glibc

/// The bytes of one file, mapped read-only into memory or, for tests, owned.
///
/// Every access is checked against the file's length. The length is taken once, when the file is opened; a file that
/// another process truncates while it is mapped is beyond what a map can detect.
package final class MappedFile: @unchecked Sendable {
  // Sendable by proof: both properties are `let`, the memory is never written after `init` and is freed only in
  // `deinit`, when no other reference is left.
  private let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// The path as given to `init(path:)`, or the name given to `init(bytes:name:)`.
  package let path: String

  /// Maps the regular file at `path`. An empty file is a file of zero bytes, not an error.
  package init(path: String) throws(MappedFileError) {
    // O_NONBLOCK: opening a pipe must be refused below, not wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: lastSystemError()) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .cannotOpen(path: path, reason: lastSystemError()) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .isDirectory(path: path)
    default: throw .notRegularFile(path: path)
    }

    self.path = path
    let byteCount = Int(status.st_size)
    if byteCount == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      isMapped = false
    } else {
      let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard let address, address != MAP_FAILED else { throw .cannotMap(path: path, reason: lastSystemError()) }
      bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
      isMapped = true
    }
  }

  /// A file that exists only in memory.
  package init(bytes source: [UInt8], name: String) {
    path = name
    isMapped = false
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
    copy.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(copy)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  package var byteCount: Int { bytes.count }

  /// The range of `count` bytes from `offset`, or `outOfBounds` when the file does not hold it.
  package func range(at offset: Int, count: Int) throws(MappedFileError) -> Range<Int> {
    guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw .outOfBounds(offset: offset, needed: count, available: max(0, byteCount - max(0, offset)))
    }
    return offset..<(offset + count)
  }

  /// The little-endian integer at `offset`, which need not be aligned.
  package func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, at offset: Int
  ) throws(MappedFileError) -> Value {
    let range = try range(at: offset, count: MemoryLayout<Value>.size)
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
  }

  /// `count` little-endian integers from `offset`.
  package func loadArray<Value: FixedWidthInteger & BitwiseCopyable>(
    of _: Value.Type, count: Int, at offset: Int
  ) throws(MappedFileError) -> [Value] {
    let size = MemoryLayout<Value>.size
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
    let range = try range(at: offset, count: overflow ? Int.max : byteCount)
    return [Value](unsafeUninitializedCapacity: count) { values, initialized in
      for i in 0..<count {
        let value = bytes.loadUnaligned(fromByteOffset: range.lowerBound + i * size, as: Value.self)
        values.initializeElement(at: i, to: Value(littleEndian: value))
      }
      initialized = count
    }
  }

  /// The text in `range` of the file; `nil` when it is not UTF-8.
  package func string(in range: Range<Int>) -> String? {
    withBytes(in: range) { String(validating: $0, as: UTF8.self) }
  }

  /// At most `count` bytes from the beginning.
  package func prefix(_ count: Int) -> [UInt8] { [UInt8](bytes.prefix(count)) }

  /// Lends the bytes in `range`, which must lie inside the file (see `range(at:count:)`).
  package func withBytes<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "the range lies inside the file")
    return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// Writable pages of a new file without a name, with all their space on disk reserved.
  static func unnamedPages(in folder: String, byteCount: Int) throws(MappedFileError) -> UnsafeMutableRawPointer {
    var name = Array("\(folder)/.assay-spill-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw .cannotSpill(folder: folder, bytes: byteCount, reason: lastSystemError()) }
    defer { close(descriptor) }
    unlink(name)
    let status = posix_fallocate(descriptor, 0, byteCount)
    guard status == 0 else {
      throw .cannotSpill(folder: folder, bytes: byteCount, reason: String(cString: strerror(status)))
    }
    let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw .cannotSpill(folder: folder, bytes: byteCount, reason: lastSystemError())
    }
    return address
  }

  /// Gives back the memory of pages that lie whole in `range`; they are read from the file again when they are needed.
  package func forget(_ range: Range<Int>) {
    guard isMapped, let base = bytes.baseAddress else { return }
    let page = Int(getpagesize())
    let first = (max(0, range.lowerBound) + page - 1) / page * page
    let end = min(bytes.count, range.upperBound) / page * page
    guard first < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
  }
}

/// Why a file cannot be read.
package enum MappedFileError: Error, Equatable {
  case cannotOpen(path: String, reason: String)
  case cannotMap(path: String, reason: String)
  case cannotSpill(folder: String, bytes: Int, reason: String)
  case isDirectory(path: String)
  case notRegularFile(path: String)
  case outOfBounds(offset: Int, needed: Int, available: Int)
}

extension MappedFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotOpen(let path, let reason): "\(path): cannot be opened: \(reason)"
    case .cannotMap(let path, let reason): "\(path): cannot be mapped into memory: \(reason)"
    case .cannotSpill(let folder, let bytes, let reason):
      "\(folder): cannot hold a file of \(bytes) bytes: \(reason); choose another folder"
    case .isDirectory(let path): "\(path): is a directory; name the file inside it"
    case .notRegularFile(let path): "\(path): is not a regular file; save it to disk first"
    case .outOfBounds(let offset, let needed, let available):
      "\(needed) bytes are needed at offset \(offset) but \(available) are there"
    }
  }
}

private func lastSystemError() -> String { String(cString: strerror(errno)) }
