/// A piece of a template.
enum JinjaToken: Equatable {
  /// Text outside of tags.
  case text(JinjaText)
  case outputBegin, outputEnd, blockBegin, blockEnd
  case name(String)
  case string(JinjaText)
  case integer(Int)
  case number(Double)
  case symbol(String)
  case end

  /// For messages.
  var description: String {
    switch self {
    case .text: "text"
    case .outputBegin: "'{{'"
    case .outputEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .integer, .number: "a number"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end"
    }
  }
}
