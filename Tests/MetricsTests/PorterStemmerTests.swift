import Metrics
import Testing

@Suite struct `Porter stems` {
  struct Row: Decodable {
    let word: String
    let stem: String
    let rouge_token: String
    let martin: String
    let original: String
  }

  @Test(arguments: PorterStemmer.Mode.allCases)
  func `equal NLTK's on every golden word`(mode: PorterStemmer.Mode) throws {
    let stemmer = PorterStemmer(mode: mode)
    for row in try golden("stems/porter", as: Row.self) {
      let expected =
        switch mode {
        case .nltk: row.stem
        case .martin: row.martin
        case .original: row.original
        }
      #expect(stemmer.stem(row.word) == expected, "\(row.word)")
    }
  }

  @Test func `are what ROUGE compares, except for words of up to three letters`() throws {
    for row in try golden("stems/porter", as: Row.self) {
      #expect(rougeTokens(of: row.word, stemmer: PorterStemmer()) == [row.rouge_token])
    }
  }

  @Test func `of a very long run of y's take linear time`() {
    let word = String(repeating: "y", count: 100_000)
    #expect(PorterStemmer().stem(word).utf8.count >= 99_999)
  }
}
