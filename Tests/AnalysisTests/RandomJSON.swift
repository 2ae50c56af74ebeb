/// Random JSON objects as text, with every way of writing the same thing: white space, escapes, surrogate pairs.
struct RandomJSON {
  var generator: Mixer

  init(seed: UInt64) { generator = Mixer(state: seed) }

  mutating func object(depth: Int = 0) -> String {
    // Names differ: what becomes of the first of two equal names is not defined.
    let members = (0..<below(5)).map { "\(string(prefix: "\($0)"))\(space()):\(space())\(value(depth: depth + 1))" }
    return "{\(space())" + members.joined(separator: "\(space()),\(space())") + "\(space())}"
  }

  mutating func value(depth: Int = 0) -> String {
    switch below(depth > 4 ? 6 : 8) {
    case 0: return "null"
    case 1: return below(2) == 0 ? "true" : "false"
    case 2: return "\(Int64(bitPattern: generator.next()) >> Int64(below(64)))"
    case 3: return ["0.5", "-0", "1e5", "2E-3", "123.456e+7", "-0.0e0", "9007199254740993"][below(7)]
    case 4, 5: return string()
    case 6: return object(depth: depth)
    default:
      return "[\(space())" + (0..<below(4)).map { _ in value(depth: depth + 1) }.joined(separator: "\(space()),") + "]"
    }
  }

  mutating func string(prefix: String = "") -> String {
    "\"" + prefix + (0..<below(20)).map { _ in character() }.joined() + "\""
  }

  private mutating func character() -> String {
    switch below(10) {
    case 0: return ["\\n", "\\t", "\\r", "\\b", "\\f", "\\\"", "\\\\", "\\/"][below(8)]
    case 1: return "\\u" + hexadecimal(UInt32(below(0xD800)))
    case 2:
      let scalar = UInt32(below(0x10_0000))
      return "\\u" + hexadecimal(0xD800 + scalar >> 10) + "\\u" + hexadecimal(0xDC00 + scalar & 0x3FF)
    case 3: return ["é", "中", "😀", "\u{7F}", "\u{2028}", "e\u{301}", "👩‍👧"][below(7)]
    default: return String(Unicode.Scalar(UInt8([0x23, 0x41, 0x61, 0x30][below(4)] + below(15))))
    }
  }

  private mutating func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16, uppercase: below(2) == 0)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  private mutating func space() -> String { ["", "", "", " ", "\t", " \r "][below(6)] }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
}
