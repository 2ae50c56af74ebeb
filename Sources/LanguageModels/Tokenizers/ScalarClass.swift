/// What pre-tokenizers distinguish: the classes `\p{L}`, `\p{N}`, `\s` and line breaks of their regular expressions.
enum ScalarClass: UInt8 {
  case letter
  case number
  /// Carriage return or line feed: white space, too.
  case lineBreak
  /// Other white space (Unicode `White_Space`, which is `\s` in the Oniguruma, Rust and llama.cpp engines).
  case space
  case other

  var isWhitespace: Bool { self == .lineBreak || self == .space }

  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x0a, 0x0d: self = .lineBreak
    case 0x20, 0x09...0x0c: self = .space
    case 0x30...0x39: self = .number
    case 0x41...0x5a, 0x61...0x7a: self = .letter
    case 0..<0x80: self = .other
    default: self.init(beyondASCII: scalar.properties)
    }
  }

  private init(beyondASCII properties: Unicode.Scalar.Properties) {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    default: self = properties.isWhitespace ? .space : .other
    }
  }
}

extension Unicode.Scalar {
  /// `\p{P}`.
  var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }
}
