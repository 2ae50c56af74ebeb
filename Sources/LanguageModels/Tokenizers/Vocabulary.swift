/// The index of a token in a model's vocabulary.
package typealias TokenID = Int32

/// What a token is for (GGUF `tokenizer.ggml.token_type`).
enum TokenKind: Int, Sendable {
  case normal = 1
  case unknown = 2
  case control = 3
  case userDefined = 4
  case unused = 5
  case byte = 6
}

/// The tokens of a model: their kinds and the bytes that they stand for.
struct Vocabulary: Sendable {
  let kinds: [TokenKind]

  /// The texts as the file spells them.
  let texts: [String]

  /// The bytes of token i are `bytes[starts[i]..<starts[i + 1]]`.
  private let bytes: [UInt8]
  private let starts: [Int]

  /// - Parameters:
  ///   - spelling: the bytes of a normal token's text.
  ///   - spellsAll: whether control and user-defined tokens are spelled so, too (Hugging Face), or stand for themselves.
  init(texts: [String], kinds: [TokenKind], spellsAll: Bool = false, spelling: (String) -> [UInt8]) {
    var bytes: [UInt8] = []
    var starts = [0]
    for (text, kind) in zip(texts, kinds) {
      switch kind {
      case .normal, .unused: bytes += spelling(text)
      case .control, .unknown, .userDefined: bytes += spellsAll ? spelling(text) : Array(text.utf8)
      case .byte: bytes += Self.byteValue(text).map { [$0] } ?? Array(text.utf8)
      }
      starts.append(bytes.count)
    }
    self.texts = texts
    self.kinds = kinds
    self.bytes = bytes
    self.starts = starts
  }

  var count: Int { texts.count }

  func bytes(of token: TokenID) -> ArraySlice<UInt8> { bytes[starts[Int(token)]..<starts[Int(token) + 1]] }

  /// Control and unknown tokens are not text: they are skipped on demand and found in text only on demand.
  func isSpecial(_ token: TokenID) -> Bool {
    let kind = kinds[Int(token)]
    return kind == .control || kind == .unknown
  }

  /// The bytes of a token whose spaces are written U+2581.
  static func metaspaceBytes(_ text: String) -> [UInt8] {
    Array(String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\u{2581}" ? " " : $0 })).utf8)
  }

  /// The byte that a text such as `<0x0A>` names.
  static func byteValue(_ text: String) -> UInt8? {
    guard text.utf8.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
    return UInt8(text.dropFirst(3).dropLast(), radix: 16)
  }
}
