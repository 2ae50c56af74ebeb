import Foundation
import Testing

/// Whole models against llama.cpp's own runs on the same text (Fixtures/logits/HOW-MADE.md).
@Suite(.serialized) struct PerplexityAgainstLlamaTests {
  /// A value and what is printed behind its ±.
  struct Printed {
    let value, error: Double

    /// The numbers of a line or of a part of it.
    static func all(_ line: Substring) -> [Printed] {
      let numbers = line.split { $0 == " " || $0 == "%" || $0 == "±" }.compactMap { Double($0) }
      return stride(from: 0, to: numbers.count - 1, by: 2).map { Printed(value: numbers[$0], error: numbers[$0 + 1]) }
    }

    /// Whether two results of different rounding noise agree: within the errors of both together.
    func agrees(with other: Printed, errors: Double) -> Bool {
      abs(value - other.value) <= errors * (error * error + other.error * other.error).squareRoot()
    }
  }

  /// PPL, ln ratio, KLD, RMS Δp and same top after so many chunks.
  static func line(_ lines: some Sequence<Substring>, chunk: Int) throws -> [Printed] {
    let line = try #require(lines.first { $0.hasPrefix("   \(chunk)    ") })
    return Printed.all(line.dropFirst(4))
  }

  /// Every input is rounded to 8 bits, so that a different order of adding flips some; that changes all numbers by about
  /// their own standard errors, between our own BLAS kernels too. What llama.cpp does is told by the sizes: without its
  /// 8-bit inputs KLD would be 0.0010 for Q8_0 and 0 for Q4_1.
  @Test(arguments: [
    ("Q8_0", "q8_0:activations=q8,kv=fp16", 8, 1.0), ("Q4_1", "fp32:activations=q8,kv=fp16", 4, 2.5),
    ("F16", "fp16:kv=fp16", 4, 1.5),
  ])
  func `a scheme that computes as llama.cpp's kernels loses what llama.cpp loses`(
    file: String, scheme: String, chunks: Int, errors: Double
  ) throws {
    let golden = try String(
      contentsOf: PerplexityGoldenTests.fixture("llama_perplexity_\(file)_kld.txt"), encoding: .utf8)
    let theirs = try Self.line(golden.split(separator: "\n"), chunk: chunks)
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = TranscriptTests.root.appending(path: "Tests/LanguageModelsTests/Fixtures/Perplexity/ppl_text.txt").path()
    let lines = try CommandResult(
      "assay perplexity --model $MODEL --text \(text) --scheme \(scheme) --against fp32:kv=fp16 --chunks \(chunks)",
      in: folder, environment: TranscriptTests.environment
    ).lines
    let ours = try Self.line(lines.map { Substring($0) }, chunk: chunks)
    print("\(file): KLD \(ours[2]), llama.cpp \(theirs[2])")
    #expect(ours.count == 5 && theirs.count == 5)
    // KLD is what tells computations apart; the others agree within the usual two errors.
    #expect(ours[2].agrees(with: theirs[2], errors: errors), "\(ours[2]) \(theirs[2])")
    for (own, other) in zip(ours, theirs) { #expect(own.agrees(with: other, errors: 2), "\(own) \(other)") }
  }
}
