/// Turns tokens into text as they come: every `append` gives the characters that are complete.
///
/// The pieces together are what `Tokenizer.decode` gives for all tokens at once.
package struct StreamDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecial: Bool
  private var isAtStart = true

  /// Bytes of a character whose last bytes have not come; at most three.
  private var pending: [UInt8] = []

  /// - Parameter skipSpecial: whether control and unknown tokens are left out, or shown as their names.
  package init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
  }

  /// The text that `token` completes; empty while a character is incomplete.
  package mutating func append(_ token: TokenID) -> String {
    if skipSpecial, tokenizer.isSpecial(token) { return "" }
    var bytes = tokenizer.bytes(of: token)
    // The space that `encode` puts before a text is not part of it.
    if isAtStart, tokenizer.addsSpacePrefix, !tokenizer.isSpecial(token), bytes.first == UInt8(ascii: " ") {
      bytes.removeFirst()
    }
    isAtStart = false
    pending += bytes
    let complete = pending.count - Self.incompleteSuffix(pending)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// The text of what is left: U+FFFD when it is the beginning of a character.
  package mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end begin a character and do not end it.
  private static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if UTF8.isContinuation(byte) { continue }
      let expected =
        switch byte {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
      return length < expected ? length : 0
    }
    return 0
  }
}
