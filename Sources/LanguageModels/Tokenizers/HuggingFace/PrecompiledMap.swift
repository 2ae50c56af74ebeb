/// SentencePiece's compiled normalization (`precompiled_charsmap`): a double-array trie of texts and what each becomes.
///
/// Source: SentencePiece `normalizer.cc`; Hugging Face `spm_precompiled`.
struct PrecompiledMap: Sendable {
  private let trie: [UInt32]
  /// The results, each ended by a zero byte.
  private let results: [UInt8]

  /// - Returns: `nil` for bytes that are not such a map.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * $1) } }
    let size = Int(word(0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else { return nil }
    trie = stride(from: 4, to: 4 + size, by: 4).map(word)
    results = Array(bytes[(4 + size)...])
  }

  func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = String.UnicodeScalarView()
    for character in String(String.UnicodeScalarView(text)) {
      if character.utf8.count < 6, let mapped = mapped(Array(character.utf8)) {
        result.append(contentsOf: mapped.unicodeScalars)
        continue
      }
      for scalar in character.unicodeScalars {
        if let mapped = mapped(Array(String(scalar).utf8)) {
          result.append(contentsOf: mapped.unicodeScalars)
        } else {
          result.append(scalar)
        }
      }
    }
    return Array(result)
  }

  /// What the shortest prefix of `key` that is in the trie becomes.
  private func mapped(_ key: [UInt8]) -> String? {
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
    var position = offset(trie[0])
    for byte in key {
      guard byte != 0 else { return nil }
      position ^= Int(byte)
      guard position < trie.count else { return nil }
      let unit = trie[position]
      guard unit & (1 << 31 | 0xff) == UInt32(byte) else { return nil }
      position ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard position < trie.count else { return nil }
      let start = Int(trie[position] & 0x7fff_ffff)
      guard start <= results.count else { return nil }
      return String(decoding: results[start...].prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }
}

/// The bytes of Base64 text; `nil` when it is none.
func base64Bytes(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var (bits, count) = (UInt32(0), 0)
  for byte in text.utf8 where byte != UInt8(ascii: "=") {
    let value: UInt32
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    bits = bits << 6 | value
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}
