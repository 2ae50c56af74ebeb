/// Tokens that are cut out of text before anything else looks at it.
///
/// Source: llama.cpp `tokenizer_st_partition`: the longest text first, each from left to right.
struct SpecialTokens: Sendable {
  /// A stretch of text, or a token that was cut out between two.
  enum Fragment: Equatable {
    case text(String)
    case token(TokenID)
  }

  private struct Entry {
    let token: TokenID
    let bytes: [UInt8]
    /// Found only when special tokens are to be parsed.
    let isSpecial: Bool
  }

  /// Longest first, and within one length in the order of the vocabulary.
  private let entries: [Entry]

  /// The places in `entries` of those that begin with a byte.
  private let entriesByFirstByte: [[Int]]

  init(_ vocabulary: Vocabulary) {
    var entries: [Entry] = []
    for token in 0..<TokenID(vocabulary.count) {
      let bytes = Array(vocabulary.bytes(of: token))
      let isSpecial = vocabulary.isSpecial(token)
      if !bytes.isEmpty, isSpecial || vocabulary.kinds[Int(token)] == .userDefined {
        entries.append(Entry(token: token, bytes: bytes, isSpecial: isSpecial))
      }
    }
    entries.sort { ($1.bytes.count, $0.token) < ($0.bytes.count, $1.token) }
    self.entries = entries

    var entriesByFirstByte = [[Int]](repeating: [], count: 256)
    for (index, entry) in entries.enumerated() { entriesByFirstByte[Int(entry.bytes[0])].append(index) }
    self.entriesByFirstByte = entriesByFirstByte
  }

  /// Text and tokens in order; neither empty text nor two texts in a row.
  ///
  /// - Parameter parseSpecial: whether control tokens are found, or are only text.
  func partition(_ text: String, parseSpecial: Bool) -> [Fragment] {
    let bytes = Array(text.utf8)
    let matches = matches(in: bytes, parseSpecial: parseSpecial)
    if matches.isEmpty { return text.isEmpty ? [] : [.text(text)] }

    var fragments: [Fragment] = []
    var end = 0
    for match in matches {
      if end < match.start { fragments.append(.text(String(decoding: bytes[end..<match.start], as: UTF8.self))) }
      fragments.append(.token(entries[match.entry].token))
      end = match.start + entries[match.entry].bytes.count
    }
    if end < bytes.count { fragments.append(.text(String(decoding: bytes[end...], as: UTF8.self))) }
    return fragments
  }

  private struct Match {
    let entry: Int
    let start: Int
  }

  /// The matches that remain when longer ones, and then earlier ones, take precedence; by place.
  private func matches(in bytes: [UInt8], parseSpecial: Bool) -> [Match] {
    var candidates: [Match] = []
    for (start, byte) in bytes.enumerated() {
      for index in entriesByFirstByte[Int(byte)] where parseSpecial || !entries[index].isSpecial {
        if bytes[start...].starts(with: entries[index].bytes) { candidates.append(Match(entry: index, start: start)) }
      }
    }
    candidates.sort { ($0.entry, $0.start) < ($1.entry, $1.start) }

    var isTaken = [Bool](repeating: false, count: candidates.isEmpty ? 0 : bytes.count)
    var accepted: [Match] = []
    for match in candidates {
      let range = match.start..<match.start + entries[match.entry].bytes.count
      // A longer token was accepted before, so an overlap covers one of this one's ends.
      guard !isTaken[range.lowerBound], !isTaken[range.upperBound - 1] else { continue }
      for place in range { isTaken[place] = true }
      accepted.append(match)
    }
    return accepted.sorted { $0.start < $1.start }
  }
}
