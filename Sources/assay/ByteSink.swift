import Foundation

/// Where a stream of results goes: stdout, or a file that appears under its name when it is complete.
struct ByteSink: ~Copyable {
  /// The reader of a pipe has gone away, which ends the job but is no error.
  struct Closed: Error {}

  private let path: String?
  /// What is written until the file is complete; `nil` for what has no name to wait for: pipes, devices.
  private let partial: String?
  private let descriptor: Int32

  /// - Parameter path: `nil` for stdout.
  init(path: String?) throws {
    let isFile = path.map { !Files.exists($0) || Files.isRegular($0) } ?? false
    descriptor = try path.map { isFile ? try Self.openFile($0) : try Self.openSpecial($0) } ?? 1
    partial = isFile ? path.map(Files.partial) : nil
    self.path = path
  }

  private static func openFile(_ path: String) throws -> Int32 {
    let descriptor = try Files.openPartial(of: path)
    guard ftruncate(descriptor, 0) == 0 else {
      close(descriptor)
      throw Files.unwritable(path)
    }
    return descriptor
  }

  private static func openSpecial(_ path: String) throws -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { throw Files.unwritable(path) }
    return descriptor
  }

  deinit { if descriptor > 1 { close(descriptor) } }

  /// Writes all bytes.
  /// - Throws: ``Closed``, or ``AssayError``.
  func write(_ bytes: [UInt8]) throws {
    var start = 0
    while start < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
      }
      if written >= 0 {
        start += written
      } else if errno == EPIPE {
        throw Closed()
      } else if errno == EAGAIN {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, -1)
      } else if errno != EINTR {
        throw AssayError("\(path ?? "stdout"): writing failed: \(systemMessage(errno))")
      }
    }
  }

  /// Gives a complete file its name.
  func finish() throws {
    guard let path, let partial else { return }
    guard unsafe rename(partial, path) == 0 else {
      throw AssayError("\(path): cannot be written; the finished results are in \(partial)")
    }
  }

  /// Removes a file that will not be complete.
  func discard() {
    if let partial { _ = unsafe unlink(partial) }
  }
}

/// What the system says of an error number.
func systemMessage(_ number: Int32) -> String {
  unsafe String(cString: strerror(number))
}
