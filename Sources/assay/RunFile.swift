import Analysis
import Foundation

/// A run on its way to disk: lines are appended to `PATH.partial`, which becomes `PATH` when the run is complete.
///
/// A reader of `PATH` never sees half a run, and an interrupted one can be resumed.
final class RunFile {
  let path: String
  /// Outputs that an interrupted run had finished.
  let finished: [Output]
  private let handle: FileHandle

  /// A complete run at `path` that was made exactly as `provenance` says, to be used as it is.
  static func complete(at path: String, provenance: Provenance) throws -> Run? {
    guard Files.exists(path) else { return nil }
    let run = try Run(parsing: Files.read(path), label: path)
    guard let made = run.provenance, difference(made, provenance) == nil else { return nil }
    return run
  }

  /// The first thing that makes outputs made one way unfit to stand beside outputs made another way.
  private static func difference(_ made: Provenance, _ wanted: Provenance) -> String? {
    if made.scheme != wanted.scheme {
      return "the scheme was \(made.scheme) and is now \(wanted.scheme)"
    }
    return wanted.differences(in: made).first.map {
      "\($0.field) was \($0.submission) and is now \($0.reference)"
    }
  }

  /// Opens the file for a new run, or for the rest of an interrupted one.
  /// - Throws: ``AssayError`` when what is there was made in another way than `provenance` says.
  init(_ path: String, provenance: Provenance, resume: Bool) throws {
    self.path = path
    try Files.checkReplaceable(path)
    let partial = Files.partial(path)
    handle = FileHandle(fileDescriptor: try Files.openPartial(of: path), closeOnDealloc: true)
    var interrupted: InterruptedRun?
    if resume { interrupted = try InterruptedRun(parsing: Files.read(partial), label: partial) }
    if let interrupted, let difference = Self.difference(interrupted.provenance, provenance) {
      throw AssayError("\(partial): cannot be resumed, \(difference); start again without --resume")
    }
    finished = interrupted?.outputs ?? []
    do {
      try handle.truncate(atOffset: UInt64(interrupted?.completeByteCount ?? 0))
      try handle.seekToEnd()
      if interrupted == nil { try handle.write(contentsOf: Data((provenance.line + "\n").utf8)) }
    } catch {
      throw Files.unwritable(partial)
    }
  }

  func append(_ output: Output) throws {
    do {
      try handle.write(contentsOf: Data((output.line + "\n").utf8))
    } catch {
      throw AssayError(
        "\(Files.partial(path)): cannot be written; is the disk full? --resume goes on from here")
    }
  }

  /// Makes the run visible under its own name.
  func finish() throws {
    try handle.synchronize()
    // Before it is closed, and with that free for others.
    guard unsafe rename(Files.partial(path), path) == 0 else {
      throw AssayError("\(path): cannot be written; the finished run is in \(Files.partial(path))")
    }
    try handle.close()
  }
}
