/// A name from a file, for a message: in quotes, at most 80 characters, control characters as `\u{..}`.
///
/// A hostile file may name its tensors with megabytes of text or with a terminal's escape sequences.
func quoted(_ name: String) -> String {
  var text = ""
  for (count, scalar) in name.unicodeScalars.enumerated() {
    guard count < 80 else { return "'\(text)…'" }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
    default: text.unicodeScalars.append(scalar)
    }
  }
  return "'\(text)'"
}
