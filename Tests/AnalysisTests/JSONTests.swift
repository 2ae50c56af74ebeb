import Testing

@testable import Analysis

@Suite struct JSONTests {
  private static let texts: [(String, JSON)] = [
    ("0", .integer(0)), ("-17", .integer(-17)), ("1.5", .number(1.5)), ("1e2", .integer(100)),
    ("0.1", .number(0.1)), ("2.2250738585072014e-308", .number(2.2250738585072014e-308)),
    ("123456789.123456789", .number(123456789.123456789)), ("9007199254740993.0", .integer(9_007_199_254_740_992)),
    ("5e-324", .number(.leastNonzeroMagnitude)), ("0.000000000000000000000000000001", .number(1e-30)),
    ("\"a\\u00e9\\ud83d\\ude00\\n\\/\"", .string("aé😀\n/")), ("[]", .array([])),
    (" [ 1 , [ null , true ] ] ", .array([.integer(1), .array([.null, .bool(true)])])),
    ("{\"a\":{\"b\":false}}", .object(["a": .object(["b": .bool(false)])])),
  ]

  @Test(arguments: texts)
  func `a text reads as its value`(text: String, value: JSON) throws {
    var reader = JSONReader(Array(text.utf8))
    #expect(try reader.value() == value)
    #expect(throws: Never.self) { try reader.finish() }
  }

  private static let broken: [(String, Int)] = [
    ("", 1), ("{\"a\" 1}", 6), ("[1,]", 4), ("[1 2]", 4), ("01", 1), ("1.", 3), ("-", 2), ("nul", 1), ("\"\\x\"", 3),
    ("\"\\ud800\"", 8), ("\"\\udc00\"", 8), ("\"abc", 5), ("\"a\nb\"", 3), ("1e999", 1), ("'a'", 1), ("{a:1}", 2),
    ("1 2", 3),
  ]

  @Test(arguments: broken)
  func `a text that is not JSON fails at its column`(text: String, column: Int) {
    let failure = #expect(throws: JSONReader.Failure.self) {
      var reader = JSONReader(Array(text.utf8))
      _ = try reader.value()
      try reader.finish()
    }
    #expect(failure?.column == column)
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: JSONReader.Failure.self) {
      var reader = JSONReader([0x22, 0x61, 0xFF, 0x22])
      _ = try reader.value()
    }
  }

  @Test func `nesting without end is refused instead of crashing`() {
    for opening in ["[", "{\"a\":"] {
      let failure = #expect(throws: JSONReader.Failure.self) {
        var reader = JSONReader(Array(String(repeating: opening, count: 1_000_000).utf8))
        _ = try reader.value()
      }
      #expect(failure?.expected == "at most 64 levels of nesting")
    }
  }

  @Test(arguments: 0..<64)
  func `every double is read back bit for bit`(seed: UInt64) throws {
    var generator = Mixer(state: seed)
    for _ in 0..<200 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      var reader = JSONReader(Array(JSON.number(value).text.utf8))
      #expect(try reader.double().bitPattern == value.bitPattern)
    }
  }

  @Test func `keys are sorted and numbers are short`() {
    let value = JSON.object(["b": .number(0.1), "a": [1, .null, .number(2)], "Z": .object([:])])
    #expect(value.text == #"{"Z":{},"a":[1,null,2.0],"b":0.1}"#)
    #expect(value.indentedText == "{\n  \"Z\": {},\n  \"a\": [\n    1,\n    null,\n    2.0\n  ],\n  \"b\": 0.1\n}")
  }

  @Test func `no character of a text can end its line`() throws {
    let text = String(String.UnicodeScalarView((0...0x2030).compactMap(Unicode.Scalar.init)))
    let encoded = JSON.string(text).text
    #expect(!encoded.unicodeScalars.contains { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{0}"].contains($0) })
    var reader = JSONReader(Array(encoded.utf8))
    #expect(try reader.string() == text)
  }

  @Test func `a number that is not finite is written as null`() {
    #expect(JSON.array([.number(.nan), .number(-.infinity)]).text == "[null,null]")
  }
}

/// A seeded source of test data (SplitMix64).
struct Mixer: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
