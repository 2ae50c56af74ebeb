/// Cuts a template into tokens, as Jinja2 does with `trim_blocks` and `lstrip_blocks`, transformers' settings.
///
/// Source: Jinja2 3.1 documentation, "Whitespace Control"; checked against Jinja2 3.1.6.
struct JinjaLexer {
  private(set) var tokens: [(token: JinjaToken, line: Int)] = []
  private let source: JinjaText
  private var position = 0
  private var line = 1
  /// Whether what was cut off last ended with a line break.
  private var isAtLineStart = true

  static func tokens(_ source: String) throws(JinjaError) -> [(token: JinjaToken, line: Int)] {
    var lexer = JinjaLexer(source)
    try lexer.cut()
    lexer.append(.end)
    return lexer.tokens
  }

  private init(_ source: String) {
    var scalars: JinjaText = []
    var wasReturn = false
    for scalar in source.unicodeScalars {
      if !(scalar == "\n" && wasReturn) { scalars.append(scalar == "\r" ? "\n" : scalar) }
      wasReturn = scalar == "\r"
    }
    if scalars.last == "\n" { scalars.removeLast() }
    self.source = scalars
  }

  private mutating func append(_ token: JinjaToken) { tokens.append((token, line)) }

  private mutating func cut() throws(JinjaError) {
    while position < source.count {
      let start = position
      while position < source.count, !isTagStart { position += 1 }
      let data = source[start..<position]
      guard position < source.count else { return appendText(data) }
      let kind = source[position + 1]
      let sign = position + 2 < source.count ? source[position + 2] : " "
      appendText(stripped(data, before: kind, sign: sign))
      position += sign == "-" || sign == "+" ? 3 : 2
      switch kind {
      case "#": try skipComment()
      case "%":
        if try !rawBlock() { try tag(.blockBegin, end: .blockEnd, closing: "%") }
      default: try tag(.outputBegin, end: .outputEnd, closing: "}")
      }
    }
  }

  private var isTagStart: Bool {
    guard source[position] == "{", position + 1 < source.count else { return false }
    return ["{", "%", "#"].contains(source[position + 1])
  }

  /// What remains of the text before a tag.
  private func stripped(_ data: JinjaText.SubSequence, before kind: Unicode.Scalar, sign: Unicode.Scalar)
    -> JinjaText.SubSequence
  {
    if sign == "-" { return data.trimmed(atStart: false) }
    guard kind != "{", sign != "+" else { return data }
    let lineStart = data.lastIndex(of: "\n").map { $0 + 1 }
    guard lineStart != nil || isAtLineStart else { return data }
    let lastLine = data[(lineStart ?? data.startIndex)...]
    return lastLine.allSatisfy(\.isPythonSpace) ? data[..<lastLine.startIndex] : data
  }

  private mutating func appendText(_ data: JinjaText.SubSequence) {
    if !data.isEmpty { append(.text(JinjaText(data))) }
    for index in data.startIndex..<position where source[index] == "\n" { line += 1 }
  }

  /// Consumes the end of a tag: `-` takes all white space after it, `+` nothing, neither of both one line break.
  private mutating func close(_ sign: Unicode.Scalar?, trimsLine: Bool) {
    let start = position
    if sign == "-" {
      while position < source.count, source[position].isPythonSpace { position += 1 }
    } else if trimsLine, sign != "+", position < source.count, source[position] == "\n" {
      position += 1
    }
    for index in start..<position where source[index] == "\n" { line += 1 }
    isAtLineStart = position > start && source[position - 1] == "\n"
  }

  private mutating func skipComment() throws(JinjaError) {
    let start = position
    while position + 1 < source.count {
      if source[position] == "#", source[position + 1] == "}" {
        let sign: Unicode.Scalar? = position > start ? source[position - 1] : nil
        for index in start..<position where source[index] == "\n" { line += 1 }
        position += 2
        return close(sign == "-" || sign == "+" ? sign : nil, trimsLine: true)
      }
      position += 1
    }
    throw JinjaError(line: line, problem: .expected("'#}' at the end of the comment"))
  }

  // MARK: Raw blocks

  /// - Returns: the sign before `%}` where `{%` at the position is a tag of this one word, and where the tag ends.
  private func word(_ word: String, at start: Int) -> (sign: Unicode.Scalar?, end: Int)? {
    var place = start
    func skipSpace() { while place < source.count, source[place].isPythonSpace { place += 1 } }
    skipSpace()
    for scalar in word.unicodeScalars {
      guard place < source.count, source[place] == scalar else { return nil }
      place += 1
    }
    skipSpace()
    var sign: Unicode.Scalar?
    if place < source.count, source[place] == "-" || source[place] == "+" {
      sign = source[place]
      place += 1
    }
    guard place + 1 < source.count, source[place] == "%", source[place + 1] == "}" else { return nil }
    return (sign, place + 2)
  }

  /// `{% raw %}...{% endraw %}` after `{%`; false, and nothing consumed, where it is another tag.
  private mutating func rawBlock() throws(JinjaError) -> Bool {
    guard let opening = word("raw", at: position) else { return false }
    position = opening.end
    close(opening.sign == "-" ? "-" : "+", trimsLine: false)
    let start = position
    while position + 1 < source.count {
      if source[position] == "{", source[position + 1] == "%" {
        let sign = position + 2 < source.count ? source[position + 2] : " "
        if let closing = word("endraw", at: position + (sign == "-" || sign == "+" ? 3 : 2)) {
          appendText(stripped(source[start..<position], before: "%", sign: sign))
          position = closing.end
          close(closing.sign, trimsLine: true)
          return true
        }
      }
      position += 1
    }
    throw JinjaError(line: line, problem: .expected("'{% endraw %}'"))
  }

  // MARK: Tags

  private mutating func tag(_ begin: JinjaToken, end: JinjaToken, closing: Unicode.Scalar) throws(JinjaError) {
    append(begin)
    var open: [Unicode.Scalar] = []
    while true {
      while position < source.count, source[position].isPythonSpace {
        if source[position] == "\n" { line += 1 }
        position += 1
      }
      guard position < source.count else {
        throw JinjaError(line: line, problem: .expected("'\(closing)}' at the end of the tag"))
      }
      if open.isEmpty, let sign = closingSign(closing) {
        append(end)
        return close(sign == "=" ? nil : sign, trimsLine: closing == "%")
      }
      try expressionToken(&open)
    }
  }

  /// Consumes the end of a tag where there is one. The sign is `-` or `+`; `=` where there is none.
  private mutating func closingSign(_ closing: Unicode.Scalar) -> Unicode.Scalar? {
    func isEnd(_ place: Int) -> Bool {
      place + 1 < source.count && source[place] == closing && source[place + 1] == "}"
    }
    let first = source[position]
    if first == "-" || (first == "+" && closing == "%"), isEnd(position + 1) {
      position += 3
      return first
    }
    guard isEnd(position) else { return nil }
    position += 2
    return "="
  }

  private mutating func expressionToken(_ open: inout [Unicode.Scalar]) throws(JinjaError) {
    let first = source[position]
    if first == "'" || first == "\"" { return append(.string(try string(quote: first))) }
    if first.isDigit { return append(try number()) }
    if first == "_" || first.properties.isXIDStart {
      let start = position
      while position < source.count, source[position] == "_" || source[position].properties.isXIDContinue {
        position += 1
      }
      return append(.name(String(String.UnicodeScalarView(source[start..<position]))))
    }
    for length in [2, 1] where position + length <= source.count {
      let symbol = String(String.UnicodeScalarView(source[position..<position + length]))
      guard Self.symbols.contains(symbol) else { continue }
      position += length
      switch first {
      case "(", "[", "{": open.append(first)
      case ")", "]", "}":
        guard let opening = open.popLast(), ["(": ")", "[": "]", "{": "}"][opening] == first else {
          throw JinjaError(line: line, problem: .expected("another symbol than '\(symbol)'"))
        }
      default: break
      }
      return append(.symbol(symbol))
    }
    throw JinjaError(line: line, problem: .expected("an expression, but found \(quoted(String(Character(first))))"))
  }

  private static let symbols: Set<String> = [
    "//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", "<", ">", "=", ".",
    ":", "|", ",",
  ]

  private mutating func number() throws(JinjaError) -> JinjaToken {
    let start = position
    var isWhole = true
    func digit(_ place: Int) -> Bool { place < source.count && source[place].isDigit }
    func skipDigits() { while digit(position) || (digit(position + 1) && source[position] == "_") { position += 1 } }
    skipDigits()
    if position < source.count, source[position] == ".", digit(position + 1) {
      isWhole = false
      position += 1
      skipDigits()
    }
    if position < source.count, source[position] == "e" || source[position] == "E" {
      let signed = position + 1 < source.count && (source[position + 1] == "+" || source[position + 1] == "-")
      if digit(position + (signed ? 2 : 1)) {
        isWhole = false
        position += signed ? 2 : 1
        skipDigits()
      }
    }
    let text = String(String.UnicodeScalarView(source[start..<position].filter { $0 != "_" }))
    if isWhole, let value = Int(text) { return .integer(value) }
    guard !isWhole, let value = Double(text), value.isFinite else {
      throw JinjaError(line: line, problem: .excessive("the number \(quoted(text)) is too large"))
    }
    return .number(value)
  }

  private mutating func string(quote: Unicode.Scalar) throws(JinjaError) -> JinjaText {
    let first = line
    position += 1
    var text: JinjaText = []
    while position < source.count, source[position] != quote {
      if source[position] == "\n" { line += 1 }
      if source[position] == "\\" {
        try escape(into: &text)
      } else {
        text.append(source[position])
        position += 1
      }
    }
    guard position < source.count else { throw JinjaError(line: first, problem: .expected("the end of the string")) }
    position += 1
    return text
  }

  /// An escape sequence of Python's string literals.
  private mutating func escape(into text: inout JinjaText) throws(JinjaError) {
    guard position + 1 < source.count else { throw JinjaError(line: line, problem: .expected("the end of the string")) }
    let name = source[position + 1]
    position += 2
    if let plain = Self.escapes[name] { return text.append(plain) }
    switch name {
    case "\n": line += 1
    case "x": text.append(try hexadecimal(2))
    case "u": text.append(try hexadecimal(4))
    case "U": text.append(try hexadecimal(8))
    case "0"..."7", "N": throw JinjaError(line: line, problem: .unsupported("the escape sequence '\\\(name)'"))
    default: text += ["\\", name]
    }
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{c}",
    "v": "\u{b}",
  ]

  private mutating func hexadecimal(_ count: Int) throws(JinjaError) -> Unicode.Scalar {
    let digits = source[position..<min(source.count, position + count)]
    position += digits.count
    guard digits.count == count, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), let scalar = Unicode.Scalar(value)
    else { throw JinjaError(line: line, problem: .expected("\(count) hexadecimal digits of a character")) }
    return scalar
  }
}

extension Unicode.Scalar {
  /// What Python's `str.strip` takes for white space.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1c...0x1f).contains(value) }

  fileprivate var isDigit: Bool { (0x30...0x39).contains(value) }
}

extension JinjaText.SubSequence {
  /// Without white space, or without the given characters, at one end or both.
  func trimmed(
    of characters: JinjaText? = nil, atStart: Bool = true, atEnd: Bool = true
  ) -> JinjaText.SubSequence {
    func isCut(_ scalar: Unicode.Scalar) -> Bool { characters?.contains(scalar) ?? scalar.isPythonSpace }
    var rest = self
    if atStart { rest = rest.drop(while: isCut) }
    if atEnd { while let last = rest.last, isCut(last) { rest.removeLast() } }
    return rest
  }
}
