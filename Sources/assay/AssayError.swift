/// What went wrong, as the one sentence a user reads on stderr.
struct AssayError: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }

  /// Puts the file in front of what its reader said.
  init(_ path: String, _ error: any Error) { description = "\(path): \(error)" }
}
