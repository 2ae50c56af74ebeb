/// ROUGE's tokens as text, for reports and tests; scoring itself never makes strings.
package func rougeTokens(of text: String, stemmer: PorterStemmer?) -> [String] {
  var text = text
  return text.withUTF8 { bytes in
    var scanner = WordScanner()
    scanner.start(bytes)
    var tokens: [String] = []
    while let word = scanner.next() {
      var token = scanner.bytes(of: word)
      if let stemmer, token.count > 3 { stemmer.stem(&token) }
      tokens.append(String(decoding: token, as: UTF8.self))
    }
    return tokens
  }
}
