import Statistics
import Testing

@testable import Metrics

/// The dynamic programs of rouge-score, cell by cell, as the specification of the bit-parallel ones.
enum PlainLCS {
  static func table(_ reference: [Int], _ prediction: [Int]) -> [[Int]] {
    var table = Array(repeating: Array(repeating: 0, count: prediction.count + 1), count: reference.count + 1)
    for i in 0..<reference.count {
      for j in 0..<prediction.count {
        table[i + 1][j + 1] =
          reference[i] == prediction[j] ? table[i][j] + 1 : max(table[i][j + 1], table[i + 1][j])
      }
    }
    return table
  }

  static func length(_ reference: [Int], _ prediction: [Int]) -> Int {
    table(reference, prediction)[reference.count][prediction.count]
  }

  /// Positions in the reference of the one subsequence that `_backtrack_norec` finds.
  static func indices(_ reference: [Int], _ prediction: [Int]) -> [Int] {
    let table = table(reference, prediction)
    var (i, j) = (reference.count, prediction.count)
    var found: [Int] = []
    while i > 0, j > 0 {
      if reference[i - 1] == prediction[j - 1] {
        found.append(i - 1)
        i -= 1
        j -= 1
      } else if table[i][j - 1] > table[i - 1][j] {
        j -= 1
      } else {
        i -= 1
      }
    }
    return found.reversed()
  }

  /// Hits of ROUGE-Lsum, with rouge-score's clipping.
  static func summaryHits(_ reference: [[Int]], _ prediction: [[Int]]) -> Int {
    var inReference = counts(reference)
    var inPrediction = counts(prediction)
    var hits = 0
    for sentence in reference {
      let union = Set(prediction.flatMap { indices(sentence, $0) }).sorted()
      for token in union.map({ sentence[$0] }) where inReference[token, default: 0] > 0 {
        guard inPrediction[token, default: 0] > 0 else { continue }
        inReference[token]! -= 1
        inPrediction[token]! -= 1
        hits += 1
      }
    }
    return hits
  }

  private static func counts(_ sentences: [[Int]]) -> [Int: Int] {
    sentences.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}

@Suite struct `Fast ROUGE equals the plain algorithms` {
  /// Sentences of random words over a small alphabet, so that much matches and ties abound.
  private func sentences(_ generator: inout SplitMix64, count: Int, length: Int, alphabet: Int) -> [[Int]] {
    (0..<count).map { _ in (0..<generator.index(below: length + 1)).map { _ in generator.index(below: alphabet) } }
  }

  private func text(_ sentences: [[Int]]) -> String {
    sentences.map { $0.map { "w\($0)" }.joined(separator: " ") }.joined(separator: "\n")
  }

  private func check(_ reference: [[Int]], _ prediction: [[Int]]) {
    let scores = ROUGEScorer(variants: [.l, .lsum], stemming: false)
      .score(reference: text(reference), prediction: text(prediction))
    let (relevant, predicted) = (reference.joined().count, prediction.joined().count)
    let length = PlainLCS.length(Array(reference.joined()), Array(prediction.joined()))
    #expect(scores[0] == PrecisionRecall(hits: length, predicted: predicted, relevant: relevant))
    let hits = PlainLCS.summaryHits(reference, prediction)
    #expect(scores[1] == PrecisionRecall(hits: hits, predicted: predicted, relevant: relevant))
  }

  @Test(arguments: 0..<200)
  func `on random short sentences`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let alphabet = 2 + generator.index(below: 12)
    let reference = sentences(&generator, count: 1 + generator.index(below: 6), length: 24, alphabet: alphabet)
    let prediction = sentences(&generator, count: 1 + generator.index(below: 6), length: 24, alphabet: alphabet)
    check(reference, prediction)
  }

  @Test(arguments: 0..<24)
  func `on sentences longer than a machine word`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(1000 + seed))
    let reference = sentences(&generator, count: 3, length: 260, alphabet: 3 + seed)
    let prediction = sentences(&generator, count: 3, length: 260, alphabet: 3 + seed)
    check(reference, prediction)
  }

  @Test func `on a reference so long that rare words have no row of bits`() {
    var generator = SplitMix64(seed: 7)
    // Words from a skewed distribution: some in every line, many just once.
    let words = (0..<5_000).map { _ in generator.index(below: 1 + generator.index(below: 3_000)) }
    check([words], [Array(words.shuffled(using: &generator).prefix(120)), Array(words[2_000..<2_090])])
  }
}

@Suite struct `Block-wise backtracking` {
  @Test func `gives the same score as one block`() {
    // 6,000 x 5,900 tokens are many blocks: 94 words per column and 131,072 words per block.
    var generator = SplitMix64(seed: 11)
    let words = (0..<6_000).map { _ in "w\(generator.index(below: 40))" }
    let reference = words.joined(separator: " ")
    let prediction = words.dropFirst(100).map { generator.index(below: 5) == 0 ? "x" : $0 }
    let scores = ROUGEScorer(variants: [.l, .lsum], stemming: false)
      .score(reference: reference, prediction: prediction.joined(separator: " "))
    // With one sentence on each side the union is the subsequence itself.
    #expect(scores[0] == scores[1])
    #expect(scores[0].recall > 0.7)
  }
}

@Suite struct `The word scanner` {
  /// rouge-score's tokenizer step by step: lower-case, split at everything else.
  private func plainWords(_ text: String) -> [String] {
    text.pythonLowercased.scalars.split { !($0.isASCIIDigit || $0.isASCIILetter) }.map(\.text)
  }

  @Test(arguments: 0..<300)
  func `finds the words of the plain algorithm`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let alphabet: [Unicode.Scalar] = [
      "a", "Z", "m", "0", "9", " ", "\n", "-", "@", "[", "`", "{", "/", ":", "é", "日", "\u{212A}", "İ", "\u{0}", "𝟘",
    ]
    // Few separators make words that straddle the blocks of 64 bytes.
    let letters = seed % 3 == 0 ? 5 : alphabet.count
    var text = String.UnicodeScalarView()
    for _ in 0..<generator.index(below: 300) {
      text.append(alphabet[generator.index(below: generator.index(below: 20) == 0 ? alphabet.count : letters)])
    }
    #expect(rougeTokens(of: String(text), stemmer: nil) == plainWords(String(text)))
  }
}
