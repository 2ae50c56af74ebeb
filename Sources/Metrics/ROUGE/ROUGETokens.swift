/// ROUGE's tokens as text, for reports and tests; scoring itself never makes strings.
package func rougeTokens(of text: String, stemmer: PorterStemmer?) -> [String] {
  var text = text
  return text.withUTF8 { bytes in
    var scanner = WordScanner()
    var tokenized = TokenizedText()
    let source = tokenized.findWords(in: bytes, .newline, &scanner)
    return (0..<scanner.count).map { word in
      var token: [UInt8] = []
      scanner.appendBytes(of: word, in: source, to: &token)
      if let stemmer, token.count > 3 { stemmer.stem(&token) }
      return String(decoding: token, as: UTF8.self)
    }
  }
}
