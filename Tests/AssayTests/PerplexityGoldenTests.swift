import Analysis
import Foundation
import LanguageModels
import Metrics
import Tensors
import Testing

@testable import assay

/// Statistics of a `_logits_` file against llama.cpp's own functions (Fixtures/logits/HOW-MADE.md).
struct PerplexityGoldenTests {
  /// The logits of the fixture, one row a scored position.
  final class GivenLogits: LogitSource {
    static let (vocabulary, context, chunks) = (301, 64, 6)
    static let scored = context - 1 - context / 2
    let vocabularySize = vocabulary
    let rows: [[Float]]
    private var window: TextWindow?

    init(_ rows: [[Float]]) { self.rows = rows }

    func read(_ window: TextWindow) { self.window = window }

    func logits(_ range: Range<Int>) -> LogitBlock {
      let shape = TileShape(tokens: range.count, width: 48)
      let tiles = TokenTiles(features: vocabularySize, width: 48, capacity: 48)
      for (token, position) in range.enumerated() {
        tiles.setToken(token, to: AlignedBuffer(rows[window!.index * Self.scored + position]))
      }
      return LogitBlock(tiles: tiles, shape: shape, targets: Array(window!.targets[range]))
    }

    /// The base's logits and the other model's.
    static func both() -> (base: GivenLogits, other: GivenLogits) {
      var state: UInt64 = 7
      func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 40
      }
      func value() -> Float { Float(next()) / Float(1 << 24) - 0.5 }
      for _ in 0..<context * chunks { _ = next() }
      var (base, other): ([[Float]], [[Float]]) = ([], [])
      for row in 0..<scored * chunks {
        var (p, q): ([Float], [Float]) = ([], [])
        for _ in 0..<vocabulary {
          let logit = value() * (row % 3 == 0 ? 30 : 8)
          p.append(logit)
          q.append(logit + value() * 0.5)
        }
        base.append(p)
        other.append(q)
      }
      return (GivenLogits(base), GivenLogits(other))
    }
  }

  static func fixture(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: "Fixtures/logits/\(name)", withExtension: nil))
  }

  static func windows(_ file: LogitFile) throws -> [TextWindow] {
    try ScoringRule.lastHalf.windows(file.tokens, contextLength: file.contextLength, bos: nil)
  }

  @Test func `the same file and the same logits print what llama.cpp prints`() throws {
    let pool = WorkerPool(threads: 2)
    let file = try LogitFile(MappedFile(path: Self.fixture("tiny.logits").path), pool: pool)
    let evaluation = TeacherForcedEvaluation(reference: file, submission: GivenLogits.both().other, pool: pool)
    var tally = DistributionTally()
    var text = PerplexityText.heading + "\n"
    for window in try Self.windows(file) {
      try evaluation.read(window) { block in
        for comparison in block.tokenComparisons { tally.add(comparison) }
      }
      let summary = try #require(DistributionSummary(tally))
      text += PerplexityText.line(chunk: window.index + 1, summary) + "\n"
    }
    text += "\n" + PerplexityText.block(try #require(DistributionSummary(tally)))
    let golden = try String(contentsOf: Self.fixture("tiny.txt"), encoding: .utf8)
    let (ours, theirs) = (text.split(separator: "\n"), golden.split(separator: "\n"))
    #expect(ours.count == theirs.count)
    for (line, expected) in zip(ours, theirs) { #expect(line == expected) }
  }

  @Test func `the file written from the same logits is llama.cpp's, byte for byte but for the last bit of two floats`()
    throws
  {
    let pool = WorkerPool(threads: 2)
    let golden = [UInt8](try Data(contentsOf: Self.fixture("tiny.logits")))
    let file = try LogitFile(MappedFile(bytes: golden, name: "tiny.logits"), pool: pool)
    var bytes = LogitFile.header(
      contextLength: file.contextLength, vocabulary: file.vocabularySize, windows: file.windowCount, tokens: file.tokens
    )
    let evaluation = TeacherForcedEvaluation(reference: GivenLogits.both().base, pool: pool)
    for window in try Self.windows(file) {
      try evaluation.read(window) { bytes += LogitFile.rows($0.reference, pool: pool) }
    }
    #expect(bytes.count == golden.count)
    let rowSize = LogProbabilityCode.byteCount(entries: file.vocabularySize)
    let header = bytes.count - rowSize * GivenLogits.scored * GivenLogits.chunks
    #expect(bytes[..<header] == golden[..<header])
    func float(_ bytes: [UInt8], _ offset: Int) -> Float {
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) })
    }
    for row in stride(from: header, to: bytes.count, by: rowSize) {
      for field in [row, row + 4] {
        #expect(abs(float(bytes, field) - float(golden, field)) <= abs(float(golden, field)) * 0x1p-22)
      }
      #expect(bytes[row + 8..<row + rowSize - 2] == golden[row + 8..<row + rowSize - 2])
    }
  }

  @Test func `a file of logits that is cut, lies or holds NaN is refused or counted, never trusted`() throws {
    let pool = WorkerPool(threads: 1)
    let golden = [UInt8](try Data(contentsOf: Self.fixture("tiny.logits")))
    func open(_ bytes: [UInt8]) throws -> LogitFile { try LogitFile(MappedFile(bytes: bytes, name: "x"), pool: pool) }
    for count in [0, 7, 8, 12, 19, 20, 100, golden.count - 1] {
      #expect(throws: LogitFileError.self) { try open(Array(golden[..<count])) }
    }
    #expect(throws: LogitFileError.self) { try open(golden + [0]) }
    for (offset, value) in [
      (8, Int32.max), (8, 3), (8, -1), (12, 0), (12, .max), (16, .max), (16, -5), (20, 301), (24, -1),
    ] {
      var bytes = golden
      for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
      #expect(throws: LogitFileError.self, "\(value) at \(offset)") { try open(bytes) }
    }
    var bytes = golden
    let row = 20 + 4 * GivenLogits.context * GivenLogits.chunks
    for i in 0..<4 { bytes[row + i] = 0xFF }  // the scale of the first row becomes NaN
    let file = try open(bytes)
    let evaluation = TeacherForcedEvaluation(reference: file, submission: GivenLogits.both().other, pool: pool)
    var tally = DistributionTally()
    for window in try Self.windows(file) {
      try evaluation.read(window) { for comparison in $0.tokenComparisons { tally.add(comparison) } }
    }
    #expect(tally.nonFinite == 1)
    #expect(tally.count == GivenLogits.scored * GivenLogits.chunks - 1)
  }
}
