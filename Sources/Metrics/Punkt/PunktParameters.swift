/// What Punkt has learned about a language: abbreviations, collocations, sentence starters and how words are capitalised.
///
/// Read from the four files of NLTK's `punkt_tab/<language>` folder.
package struct PunktParameters: Sendable {
  /// The names of the files, in the order of the initializer's arguments.
  package static let fileNames = [
    "abbrev_types.txt", "collocations.tab", "sent_starters.txt", "ortho_context.tab",
  ]

  /// What is known about one type of word.
  struct Facts: OptionSet, Sendable {
    var rawValue: UInt16

    /// Seen upper-case at the beginning of sentences, in the middle, or where that is unknown; then the same for
    /// lower-case. The values are those of the file.
    static let upperAtBeginning = Facts(rawValue: 2)
    static let upperInMiddle = Facts(rawValue: 4)
    static let upperUnknown = Facts(rawValue: 8)
    static let lowerAtBeginning = Facts(rawValue: 16)
    static let lowerInMiddle = Facts(rawValue: 32)
    static let lowerUnknown = Facts(rawValue: 64)
    static let upper: Facts = [.upperAtBeginning, .upperInMiddle, .upperUnknown]
    static let lower: Facts = [.lowerAtBeginning, .lowerInMiddle, .lowerUnknown]

    static let abbreviation = Facts(rawValue: 1 << 8)
    static let sentenceStarter = Facts(rawValue: 1 << 9)
    /// First word of a collocation.
    static let collocates = Facts(rawValue: 1 << 10)
  }

  private var shortWords: [WordKey: Facts] = [:]
  private var longWords: [[UInt8]: Facts] = [:]
  private var collocations: Set<[String]> = []

  package init(abbreviations: String, collocations: String, sentenceStarters: String, orthography: String)
    throws(PunktError)
  {
    for line in Self.lines(abbreviations) { add(.abbreviation, to: line) }
    for line in Self.lines(sentenceStarters) { add(.sentenceStarter, to: line) }
    for (index, line) in Self.lines(collocations).enumerated() {
      let words = Self.fields(line)
      guard words.count == 2 else { throw .malformed(file: Self.fileNames[1], line: index + 1) }
      self.collocations.insert(words)
      add(.collocates, to: words[0][...])
    }
    for (index, line) in Self.lines(orthography).enumerated() {
      let fields = Self.fields(line)
      guard fields.count == 2, let flags = UInt16(fields[1]), flags < 128 else {
        throw .malformed(file: Self.fileNames[3], line: index + 1)
      }
      add(Facts(rawValue: flags), to: fields[0][...])
    }
    if shortWords.isEmpty { throw .empty }
  }

  private static func lines(_ text: String) -> [Substring] {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { Substring($0) }
  }

  private static func fields(_ line: Substring) -> [String] {
    line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  private mutating func add(_ facts: Facts, to word: Substring) {
    let key = WordKey(word.utf8)
    if key.isInline {
      shortWords[key, default: []].formUnion(facts)
    } else {
      longWords[Array(word.utf8), default: []].formUnion(facts)
    }
  }

  /// What is known about a lower-case type; nothing for an unknown one.
  func facts(of key: WordKey, bytes: @autoclosure () -> [UInt8]) -> Facts {
    (key.isInline ? shortWords[key] : longWords[bytes()]) ?? []
  }

  func collocate(_ first: String, _ second: String) -> Bool { collocations.contains([first, second]) }
}

/// Why Punkt's parameters cannot be read.
package enum PunktError: Error, Hashable, CustomStringConvertible {
  /// A line without the two fields that it must have.
  case malformed(file: String, line: Int)
  case empty

  package var description: String {
    switch self {
    case .malformed(let file, let line): "\(file), line \(line): expected two fields separated by a tab"
    case .empty: "the Punkt files hold no words; expected NLTK's folder punkt_tab/english"
    }
  }
}
