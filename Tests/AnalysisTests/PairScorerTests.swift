import Foundation
import Metrics
import Testing

@testable import Analysis

@Suite struct `A line of pairs` {
  static func score(_ lines: [UInt8], _ plan: ScorePlan = ScorePlan(metrics: [.rouge(.n(1))])) -> ScoredChunk {
    var chunk = LineChunk(capacity: 0)
    chunk.bytes = lines
    chunk.count = lines.count
    chunk.label = "in"
    return PairScorer(plan).score(chunk)
  }

  private static func output(_ lines: String, _ plan: ScorePlan = ScorePlan(metrics: [.exactMatch])) -> String {
    String(decoding: score(Array(lines.utf8), plan).output, as: UTF8.self)
  }

  @Test func `keeps every byte of its other members`() {
    let line = #" { "id" : 1.50e+400 ,"x":[1,{"é":"\u00e9\ud83d\ude00"}], "reference":"a","prediction":"a" } "#
    #expect(
      Self.output(line + "\r\n")
        == #"{ "id" : 1.50e+400 ,"x":[1,{"é":"\u00e9\ud83d\ude00"}], "reference":"a","prediction":"a" ,"exact_match":true}"#
        + "\n")
  }

  @Test func `that was scored before is scored anew`() {
    let line = #"{"reference":"a","prediction":"a"}"# + "\n"
    let once = Self.output(line)
    #expect(Self.output(once) == once)
    let middle = #"{"exact_match":false,"reference":"a", "score_error" :"old","prediction":"a"}"#
    #expect(Self.output(middle) == once)
  }

  @Test func `counts the last of two members with one name, as Python does`() {
    let line = #"{"reference":"b","prediction":"x","reference":"a","prediction":"a"}"#
    #expect(Self.output(line).hasSuffix(#","exact_match":true}"# + "\n"))
  }

  @Test func `that is the last may lack its line feed, and a byte order mark may come first`() {
    let bare = #"{"reference":"a","prediction":"a"}"#
    #expect(Self.output(bare) == Self.output(bare + "\n"))
    #expect(Self.output("\u{FEFF}" + bare) == Self.output(bare))
  }

  @Test func `scores the best of several references`() {
    let line = #"{"reference":["x y","a b","a b c"],"prediction":"a b"}"#
    #expect(
      Self.output(line, ScorePlan(metrics: [.rouge(.n(1)), .exactMatch]))
        .hasSuffix(#""rouge1":{"precision":1.0,"recall":1.0,"fmeasure":1.0},"exact_match":true}"# + "\n"))
  }

  private static let broken: [(line: String, message: String)] = [
    ("{", "in:1: expected a key in quotes at column 2 but found the end of the line; correct this line"),
    ("[]", "in:1: expected an object at column 1 but found '['; correct this line"),
    (#"{"reference":"a"}"#, "in:1: 'prediction' is missing; give a string"),
    (#"{"reference":[],"prediction":"a"}"#, "in:1: 'reference' is missing; give a string, or a list of at least one"),
    (#"{"reference":null,"prediction":"a"}"#, "in:1: 'reference' is missing; give a string, or a list of at least one"),
    (
      #"{"reference":"a","prediction":{"text":"a"}}"#,
      "in:1: 'prediction' must be a string but is an object; correct this line"
    ),
    (
      #"{"reference":["a",1],"prediction":"a"}"#,
      "in:1: 'reference' must be a string or a list of strings but is a list with a number; correct this line"
    ),
    (
      #"{"reference":"a","prediction":"a"} {}"#,
      "in:1: expected the end of the line at column 36 but found '{'; correct this line"
    ),
    (
      #"{"reference":"\ud800","prediction":"a"}"#,
      "in:1: expected the second half of a surrogate pair at column 21 but found '\"'; correct this line"
    ),
    (
      "{\"reference\":\"\0\",\"prediction\":\"a\"}",
      "in:1: expected the closing quote of a string at column 15 but found an invisible character; correct this line"
    ),
    (
      #"{"reference":"a","prediction":"a","n":NaN}"#,
      "in:1: expected a value at column 39 but found 'N'; correct this line"
    ),
  ]

  @Test(arguments: broken)
  func `that is broken says what is wrong with it and is answered by one line`(line: String, message: String) throws {
    let result = Self.score(Array((line + "\n{\"reference\":\"a\",\"prediction\":\"a\"}\n").utf8))
    #expect(result.problems.map(\.description) == [message])
    #expect(result.tally.broken == 1 && result.tally.pairs == 1)
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 2)
    let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    #expect(object?["score_error"] as? String == message)
  }

  @Test func `that is not UTF-8 does not harm its neighbours`() {
    let good = Array("{\"reference\":\"a\",\"prediction\":\"é\"}\n".utf8)
    let bad = Array("{\"reference\":\"a".utf8) + [0xFF] + Array("\",\"prediction\":\"a\"}\n".utf8)
    let result = Self.score(good + bad + good)
    #expect(
      result.problems.map(\.description)
        == ["in:2: expected valid UTF-8 at column 16 but found other bytes; correct this line"])
    #expect(result.tally.pairs == 2)
  }

  @Test func `with NUL, a megabyte of text or 60 levels of nesting is scored`() {
    let nested = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    let long = String(repeating: "word ", count: 200_000)
    for line in [
      #"{"reference":"a\u0000b","prediction":"a b"}"#, #"{"reference":"\#(long)","prediction":"\#(long)"}"#,
      #"{"reference":"a","x":\#(nested),"prediction":"a"}"#,
    ] {
      let result = Self.score(Array(line.utf8))
      #expect(result.problems.isEmpty)
      #expect(String(decoding: result.output.suffix(60), as: UTF8.self).contains(#""fmeasure":1.0}"#))
    }
  }

  @Test func `stops a strict run without an answer`() {
    let lines = "{\"reference\":\"a\",\"prediction\":\"a\"}\nx\n{\"reference\":\"a\",\"prediction\":\"a\"}\n"
    let result = Self.score(Array(lines.utf8), ScorePlan(metrics: [.exactMatch], isStrict: true))
    #expect(result.problems.count == 1)
    #expect(result.output.count { $0 == 0x0A } == 1)
  }

  @Test(arguments: 0..<32)
  func `of random JSON comes out as valid JSON with the same members`(seed: UInt64) throws {
    var random = RandomJSON(seed: seed)
    for _ in 0..<20 {
      let (reference, prediction, other) = (random.string(), random.string(), random.object())
      let line = #"{"o":\#(other),"reference":\#(reference),"prediction":\#(prediction)}"#
      let output = try JSONSerialization.jsonObject(with: Data(Self.output(line).utf8)) as? [String: Any]
      var expected = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      expected["exact_match"] =
        Array("\(expected["reference"]!)".unicodeScalars) == Array("\(expected["prediction"]!)".unicodeScalars)
      #expect(NSDictionary(dictionary: output ?? [:]) == NSDictionary(dictionary: expected), "\(line)")
    }
  }
}
