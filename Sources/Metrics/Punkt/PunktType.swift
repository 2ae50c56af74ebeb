/// What Punkt looks words up by: the lower-case form, or `##number##` for every number.
struct PunktType {
  private let key: WordKey
  /// The lower-case bytes of a word that its key does not hold.
  private let longWord: [UInt8]
  let isNumber: Bool

  private static let number = WordKey("##number##".utf8)

  init(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    isNumber = Self.isNumber(text, range)
    var key = WordKey()
    var isASCII = true
    for byte in text[range] {
      isASCII = isASCII && byte < 0x80
      key.append(Self.lowercased(byte))
    }
    if isASCII {
      longWord = key.isInline ? [] : text[range].map(Self.lowercased)
    } else {
      let lowercased = Array(String(decoding: text[range], as: UTF8.self).pythonLowercased.utf8)
      key = WordKey(lowercased)
      longWord = key.isInline ? [] : lowercased
    }
    self.key = key
  }

  @inline(__always)
  private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

  var string: String { isNumber ? "##number##" : String(decoding: key.isInline ? key.bytes : longWord, as: UTF8.self) }

  func facts(_ parameters: PunktParameters) -> PunktParameters.Facts {
    isNumber ? parameters.facts(of: Self.number, bytes: []) : wordFacts(parameters)
  }

  /// The facts about the word itself, even if it is a number.
  func wordFacts(_ parameters: PunktParameters) -> PunktParameters.Facts { parameters.facts(of: key, bytes: longWord) }

  /// `-?[.,]?\d[\d,.-]*\.?`
  private static func isNumber(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    if index < range.upperBound, text[index] == UInt8(ascii: "-") { index += 1 }
    if index < range.upperBound, text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ",") { index += 1 }
    guard index < range.upperBound, text.scalar(at: index).scalar.isPythonDigit else { return false }
    while index < range.upperBound {
      let (scalar, length) = text.scalar(at: index)
      guard scalar.isPythonDigit || scalar == "," || scalar == "." || scalar == "-" else { return false }
      index += length
    }
    return true
  }
}
