import Foundation
import Testing

@testable import Metrics

/// NLTK's English parameters, from the fixtures.
func englishPunkt(_ version: Punkt.Version = .classic) throws -> Punkt {
  let files = try PunktParameters.fileNames.map {
    try String(contentsOf: Bundle.module.bundleURL.appending(path: "Fixtures/punkt/english/\($0)"), encoding: .utf8)
  }
  return Punkt(
    parameters: try PunktParameters(
      abbreviations: files[0], collocations: files[1], sentenceStarters: files[2], orthography: files[3]),
    version: version)
}

@Suite struct `The Punkt splitter` {
  struct Row: Decodable {
    let id: String
    let text: String
    let spans: [[Int]]
    let sentences: [String]
    let spans_nltk_3_10_4: [[Int]]
  }

  /// Spans in code points, as Python counts.
  private func spans(_ punkt: Punkt, _ text: String) -> [[Int]] {
    var text = text
    return text.withUTF8 { bytes in
      punkt.sentenceRanges(in: bytes).map { range in
        [range.lowerBound, range.upperBound].map { String(decoding: bytes[..<$0], as: UTF8.self).unicodeScalars.count }
      }
    }
  }

  @Test func `splits every golden text as nltk 3.9.1`() throws {
    let punkt = try englishPunkt()
    for row in try golden("punkt/sentences", as: Row.self) {
      #expect(spans(punkt, row.text) == row.spans, "\(row.id)")
      #expect(punkt.sentences(in: row.text) == row.sentences, "\(row.id)")
    }
  }

  @Test func `splits every golden text as nltk 3.10.4 when asked to`() throws {
    let punkt = try englishPunkt(.nltk3_10_4)
    for row in try golden("punkt/sentences", as: Row.self) {
      #expect(spans(punkt, row.text) == row.spans_nltk_3_10_4, "\(row.id)")
    }
  }

  @Test func `cuts lines into the words of nltk 3.9.1`() throws {
    struct Row: Decodable {
      let id: String
      let text: String
      let tokens_per_line: [[String]]
    }
    let punkt = try englishPunkt()
    for row in try golden("punkt/words", as: Row.self) {
      let lines = row.text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.map { punkt.words(in: $0) } == row.tokens_per_line, "\(row.id)")
    }
  }

  @Test func `gives ROUGE-Lsum the sentences of MLPerf's scripts`() throws {
    struct Row: Decodable {
      let id: String
      let reference: String
      let prediction: String
      let mlperf_rougeLsum: [Double]
    }
    let scorer = ROUGEScorer(variants: [.lsum], sentences: .punktLines(try englishPunkt()))
    for row in try golden("rouge/pairs", as: Row.self) {
      expect(
        scorer.score(reference: row.reference, prediction: row.prediction)[0], matches: row.mlperf_rougeLsum, row.id)
    }
  }

  @Test func `gives ROUGE-Lsum the sentences of rouge-score's split_summaries`() throws {
    struct Row: Decodable {
      let reference: String
      let prediction: String
      let split_summaries: [Double]
    }
    let scorer = ROUGEScorer(variants: [.lsum], sentences: .punkt(try englishPunkt()))
    for row in try golden("rouge/split-summaries", as: Row.self) {
      expect(
        scorer.score(reference: row.reference, prediction: row.prediction)[0], matches: row.split_summaries,
        row.reference)
    }
  }

  @Test(arguments: ["", " ", "\n", ".", "...", "?!", ".\u{301}", "a.", ". a", "\u{2028}. \u{85}b", "!)", "\u{0}. A"])
  func `loses nothing but white space`(text: String) throws {
    for version in Punkt.Version.allCases {
      let kept = try englishPunkt(version).sentences(in: text).joined()
      #expect(kept.scalars.filter { !$0.isPythonSpace } == text.scalars.filter { !$0.isPythonSpace })
    }
  }

  @Test(arguments: ["!)", ". ", "a.b", "- - ", ". . ", "x ? "])
  func `takes linear time on long repetitions`(unit: String) throws {
    let text = String(repeating: unit, count: 50_000)
    #expect(try !englishPunkt().sentences(in: text).isEmpty)
  }

  @Test func `reads bytes that are not UTF-8`() throws {
    let bytes: [UInt8] = [0x41, 0x2E, 0x20, 0xFF, 0xE2, 0x80, 0x2E, 0x20, 0x42, 0xF0]
    let punkt = try englishPunkt()
    let ranges = bytes.withUnsafeBufferPointer { punkt.sentenceRanges(in: $0) }
    #expect(ranges.last?.upperBound == bytes.count)
  }

  @Test func `says which line of its data is malformed`() {
    #expect(throws: PunktError.malformed(file: "ortho_context.tab", line: 2)) {
      try PunktParameters(abbreviations: "dr\n", collocations: "", sentenceStarters: "", orthography: "a\t4\nb 4")
    }
    #expect(throws: PunktError.malformed(file: "collocations.tab", line: 1)) {
      try PunktParameters(abbreviations: "dr\n", collocations: "a b", sentenceStarters: "", orthography: "")
    }
    #expect(throws: PunktError.empty) {
      try PunktParameters(abbreviations: "", collocations: "", sentenceStarters: "", orthography: "")
    }
  }
}
