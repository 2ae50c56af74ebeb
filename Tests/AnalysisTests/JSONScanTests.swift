import Foundation
import Testing

@testable import Analysis

@Suite struct `Reading JSON without keeping it` {
  private func isAccepted(_ bytes: [UInt8], _ read: (inout JSONReader) throws -> Void) -> Bool {
    var reader = JSONReader(bytes)
    do {
      try read(&reader)
      try reader.finish()
      return true
    } catch { return false }
  }

  private func isAcceptedByFoundation(_ bytes: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
  }

  @Test(arguments: 0..<64)
  func `ends where the value ends`(seed: UInt64) throws {
    var random = RandomJSON(seed: seed)
    for _ in 0..<50 {
      let text = random.object()
      var reader = JSONReader(Array("\(text) rest".utf8))
      try reader.skipValue()
      #expect(reader.position == text.utf8.count, "\(text)")
    }
  }

  @Test(arguments: 0..<64)
  func `resolves escapes as Foundation does`(seed: UInt64) throws {
    var random = RandomJSON(seed: seed)
    for _ in 0..<100 {
      let text = random.string()
      let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? String
      var content: [UInt8] = []
      var reader = JSONReader(Array(text.utf8))
      try reader.appendString(to: &content)
      #expect(content == expected.map { Array($0.utf8) }, "\(text)")
      var other = JSONReader(Array(text.utf8))
      #expect(try Array(other.string().utf8) == content, "\(text)")
    }
  }

  @Test(arguments: 0..<64)
  func `accepts exactly what reading accepts, and nothing that Foundation refuses`(seed: UInt64) {
    var random = RandomJSON(seed: seed)
    for _ in 0..<200 {
      var bytes = Array(random.object().utf8)
      for _ in 0...random.below(2) {
        let index = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes.remove(at: index)
        case 1: bytes[index] = UInt8(random.below(128))
        default: bytes.insert(Array("{}[]\",:\\0eu-.\u{0}".utf8)[random.below(13)], at: index)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      // Numbers too large and bytes that are not UTF-8 are the two things that skipping does not look at.
      guard String(validating: bytes, as: UTF8.self) != nil else { continue }
      let isSkipped = isAccepted(bytes) { try $0.skipValue() }
      let isRead = isAccepted(bytes) { _ = try $0.value() }
      if isSkipped != isRead { #expect(bytes.contains(UInt8(ascii: "e")), "\(String(decoding: bytes, as: UTF8.self))") }
      if isRead { #expect(isAcceptedByFoundation(bytes), "\(String(decoding: bytes, as: UTF8.self))") }
    }
  }

  @Test func `refuses nesting without end`() {
    for opening in ["[", "{\"a\":"] {
      let failure = #expect(throws: JSONReader.Failure.self) {
        var reader = JSONReader(Array(String(repeating: opening, count: 1_000_000).utf8))
        try reader.skipValue()
      }
      #expect(failure?.expected == "at most 64 levels of nesting")
    }
  }

  @Test(arguments: 0..<40)
  func `finds line feeds and ends of text wherever they are`(length: Int) {
    for special in [0x0A, 0x22, 0x5C, 0x00, 0x1F] as [UInt8] {
      for position in 0..<length {
        var bytes = Array(repeating: 0xE9 as UInt8, count: length)
        bytes[position] = special
        for start in 0...position {
          #expect(bytes.endOfPlainText(from: start, before: length) == position)
          #expect(bytes.firstLineFeed(from: start, before: length) == (special == 0x0A ? position : length))
        }
        #expect(bytes.endOfPlainText(from: position + 1, before: length) == length)
        #expect(bytes.endOfPlainText(from: 0, before: position) == position)
        #expect(bytes.countLineFeeds(before: length) == (special == 0x0A ? 1 : 0))
      }
    }
    #expect(Array(repeating: 0x0A as UInt8, count: length).countLineFeeds(before: length) == length)
  }
}
