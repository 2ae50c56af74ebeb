import Analysis
import Foundation
import Testing

@testable import assay

@Suite struct `Chunks of lines` {
  private static func chunks(_ contents: [String], size: Int, lineLimit: Int = LineChunk.lineLimit) throws
    -> [LineChunk]
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-lines-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = try contents.enumerated().map { index, text in
      let file = folder.appending(path: "\(index)")
      try Data(text.utf8).write(to: file)
      return file.path()
    }
    var source = try LineSource(paths, chunkSize: size, lineLimit: lineLimit)
    var chunks: [LineChunk] = []
    var chunk = LineChunk(capacity: 0)
    while try source.next(into: &chunk) { chunks.append(chunk) }
    return chunks
  }

  private static func text(_ chunk: LineChunk) -> String {
    String(decoding: chunk.bytes[..<chunk.count], as: UTF8.self)
  }

  @Test(arguments: [1, 2, 3, 5, 8, 13, 64, 1000])
  func `are whole lines with their numbers, whatever the size of the buffer`(size: Int) throws {
    let text = (1...100).map { String(repeating: "x", count: $0 * $0 % 37) + "\($0)\n" }.joined()
    let chunks = try Self.chunks([text], size: size)
    #expect(chunks.map(Self.text).joined() == text)
    for chunk in chunks {
      #expect(Self.text(chunk).hasSuffix("\n"))
      #expect(Self.text(chunk).hasSuffix("x\(chunk.firstLine)\n") || Self.text(chunk).contains("\(chunk.firstLine)\n"))
    }
    var line = 1
    for chunk in chunks {
      #expect(chunk.firstLine == line)
      line += chunk.lineFeedCount
    }
  }

  @Test func `do not mix files, and number the lines of each from 1`() throws {
    let chunks = try Self.chunks(["a\nb", "", "\n", "c\n"], size: 1000)
    #expect(chunks.map(Self.text) == ["a\nb", "\n", "c\n"])
    #expect(chunks.map(\.firstLine) == [1, 1, 1])
    #expect(Set(chunks.map(\.label)).count == 3)
  }

  @Test func `leave out a line that is longer than memory should be`() throws {
    for excess in [1, 200, 5000] {
      let long = String(repeating: "x", count: 1000 + excess)
      let chunks = try Self.chunks(["a\n" + long + "\nb\n" + long], size: 100, lineLimit: 1000)
      #expect(chunks.map(Self.text) == ["a\n", "", "b\n", ""])
      #expect(chunks.map(\.isOverlong) == [false, true, false, true])
      #expect(chunks.map(\.firstLine) == [1, 2, 3, 4])
    }
    let longest = String(repeating: "x", count: 999) + "\n"
    #expect(try Self.chunks([longest], size: 100, lineLimit: 1000).map(Self.text) == [longest])
  }
}
