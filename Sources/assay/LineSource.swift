import Analysis
import Foundation

/// The lines of some inputs, one after the other, in chunks of whole lines.
///
/// A chunk is as large as what is there at once: a file comes in large pieces, the lines of a slow pipe as they arrive.
struct LineSource: ~Copyable {
  static let standardInput = "-"

  private var inputs: ArraySlice<String>
  private let chunkSize: Int
  private let lineLimit: Int
  private var descriptor: Int32?
  private var label = ""
  private var nextLine = 1
  /// The beginning of a line whose end was not in the last chunk.
  private var rest: [UInt8] = []

  /// - Throws: ``AssayError`` for a file that cannot be opened, before anything is read.
  init(_ paths: [String], chunkSize: Int = 1 << 17, lineLimit: Int = LineChunk.lineLimit) throws {
    inputs = paths[...]
    (self.chunkSize, self.lineLimit) = (min(chunkSize, lineLimit), lineLimit)
    for path in paths where path != Self.standardInput { try Files.checkReadable(path) }
  }

  deinit { if let descriptor, descriptor != 0 { close(descriptor) } }

  /// Fills `chunk` with the next lines; false at the end of all inputs.
  mutating func next(into chunk: inout LineChunk) throws -> Bool {
    while true {
      if descriptor == nil, try !openNext() { return false }
      if try fill(&chunk) { return true }
      closeInput()
    }
  }

  private mutating func openNext() throws -> Bool {
    guard let path = inputs.popFirst() else { return false }
    nextLine = 1
    if path == Self.standardInput {
      (descriptor, label) = (0, "stdin")
      return true
    }
    let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw AssayError("\(path): cannot be read; check its permissions") }
    (descriptor, label) = (opened, path)
    return true
  }

  private mutating func closeInput() {
    if let descriptor, descriptor != 0 { close(descriptor) }
    descriptor = nil
  }

  /// Reads until the chunk is full of whole lines, nothing more is there at once, or the input ends.
  /// - Returns: false if the input has ended without another byte.
  private mutating func fill(_ chunk: inout LineChunk) throws -> Bool {
    let size = min(max(chunkSize, 2 * rest.count), lineLimit)
    // A buffer that one long line made large is given back.
    if !(size...8 * size).contains(chunk.bytes.count) {
      chunk.bytes = Array(repeating: 0, count: size)
    }
    chunk.bytes.replaceSubrange(0..<rest.count, with: rest)
    (chunk.count, chunk.label, chunk.firstLine, chunk.isOverlong) = (
      rest.count, label, nextLine, false
    )
    // Only after a line that was dropped does the rest have whole lines.
    var endOfLines = 1 + (rest.lastIndex(of: 0x0A) ?? -1)
    repeat {
      if chunk.count == chunk.bytes.count {
        if endOfLines > 0 { break }
        if chunk.count >= lineLimit { return try skipLine(&chunk) }
        chunk.bytes += Array(repeating: 0, count: min(chunk.count, lineLimit - chunk.count))
      }
      let start = chunk.count
      chunk.count += try read(into: &chunk.bytes, from: start)
      if chunk.count == start {
        closeInput()
        endOfLines = start
      } else if let feed = chunk.bytes[start..<chunk.count].lastIndex(of: 0x0A) {
        endOfLines = feed + 1
      }
    } while descriptor != nil && (endOfLines == 0 || chunk.count < chunk.bytes.count && hasMore)
    rest.removeAll(keepingCapacity: true)
    rest += chunk.bytes[endOfLines..<chunk.count]
    chunk.count = endOfLines
    nextLine += chunk.lineFeedCount
    return endOfLines > 0
  }

  /// Drops a line that is too long to be kept.
  private mutating func skipLine(_ chunk: inout LineChunk) throws -> Bool {
    chunk.count = 0
    chunk.isOverlong = true
    nextLine += 1
    rest.removeAll()
    while true {
      let count = try read(into: &chunk.bytes, from: 0)
      if count == 0 {
        closeInput()
        return true
      }
      if let feed = chunk.bytes[..<count].firstIndex(of: 0x0A) {
        rest += chunk.bytes[(feed + 1)..<count]
        return true
      }
    }
  }

  /// Some more bytes; 0 at the end.
  private func read(into bytes: inout [UInt8], from start: Int) throws -> Int {
    guard let descriptor else { return 0 }
    while true {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe Foundation.read(descriptor, buffer.baseAddress! + start, buffer.count - start)
      }
      if count >= 0 { return count }
      if errno == EISDIR { throw AssayError("\(label): is a folder, expected a file") }
      guard errno == EINTR else {
        throw AssayError("\(label): reading it failed: \(systemMessage(errno))")
      }
    }
  }

  /// Whether a read would return at once.
  private var hasMore: Bool {
    var request = pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&request, 1, 0) > 0
  }
}
