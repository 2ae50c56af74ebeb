/// What went wrong, as the one sentence a user reads on stderr.
struct AssayError: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }

  /// Puts the file in front of what its reader said, unless the reader did.
  init(_ path: String, _ error: any Error) {
    let sentence = "\(error)"
    description = sentence.hasPrefix("\(path):") || sentence.hasPrefix("\(path)/") ? sentence : "\(path): \(sentence)"
  }
}
