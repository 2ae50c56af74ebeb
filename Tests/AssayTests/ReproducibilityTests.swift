import Foundation
import Testing

/// The reproducibility contract: on one kernel of BLAS nothing but the inputs changes a byte of a run, and runs from
/// different kernels are told apart.
@Suite(.serialized) struct ReproducibilityTests {
  static let prompts = TranscriptTests.root.appending(path: "suites/demo/prompts.jsonl").path()

  /// Runs a command and returns its lines.
  static func run(_ command: String, in folder: URL, core: String? = nil) throws -> [String] {
    let environment = TranscriptTests.environment.merging(core.map { ["OPENBLAS_CORETYPE": $0] } ?? [:]) { $1 }
    return try CommandResult(command, in: folder, environment: environment).lines
  }

  static func generate(_ scheme: String, prompts: String, batch: Int, threads: Int, to name: String) -> String {
    "assay generate --model \(TranscriptTests.model) --prompts \(prompts) --scheme \(scheme) --max-tokens 3 "
      + "--batch \(batch) --threads \(threads) --output \(name)"
  }

  /// 64 prompts: the demo's, and their first ones again under other names.
  static func manyPrompts(in folder: URL) throws -> String {
    let lines = try String(contentsOfFile: prompts, encoding: .utf8).split(separator: "\n").map(String.init)
    let again = lines.prefix(64 - lines.count).map { $0.replacing("\"id\": \"", with: "\"id\": \"again-") }
    try (lines + again).joined(separator: "\n")
      .write(to: folder.appending(path: "many.jsonl"), atomically: true, encoding: .utf8)
    return "many.jsonl"
  }

  @Test(arguments: ["fp32", "int8", "fp16:kv=fp16", "fp32:kv=int8", "int8:activations=per-tensor,kv=int4"])
  func `batch 1 to 64 and threads never change a byte`(scheme: String) throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let prompts = try Self.manyPrompts(in: folder)
    let first = Self.generate(scheme, prompts: prompts, batch: 64, threads: 2, to: "a.jsonl")
    #expect(try Self.run(first, in: folder).isEmpty)
    #expect(try Self.run("grep -c text a.jsonl", in: folder) == ["64"])
    for (batch, threads) in [(1, 2), (7, 1), (33, 2), (64, 1)] {
      let other = Self.generate(scheme, prompts: prompts, batch: batch, threads: threads, to: "b.jsonl")
      #expect(try Self.run(other, in: folder).isEmpty)
      #expect(try Self.run("cmp a.jsonl b.jsonl", in: folder).isEmpty, "batch \(batch), \(threads) threads")
    }
  }

  @Test(arguments: DoctorTests.cores)
  func `the contract holds on every kernel of BLAS`(core: String) throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    for scheme in ["fp32", "int8:kv=int8"] {
      for (batch, threads, name) in [(3, 2, "a.jsonl"), (1, 1, "b.jsonl")] {
        let command = Self.generate(scheme, prompts: "prompts.jsonl", batch: batch, threads: threads, to: name)
        #expect(try Self.run(command, in: folder, core: core).isEmpty)
      }
      #expect(try Self.run("cmp a.jsonl b.jsonl", in: folder).isEmpty, "\(scheme)")
      #expect(try Self.run("head -1 a.jsonl | grep -c '\"core\":\"\(core)\"'", in: folder) == ["1"])
    }
  }

  @Test func `a comparison of runs from different kernels says so`() throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    for core in ["Nehalem", "Sandybridge"] {
      let command = Self.generate("fp32", prompts: "prompts.jsonl", batch: 3, threads: 2, to: "\(core).jsonl")
      #expect(try Self.run(command, in: folder, core: core).isEmpty)
    }
    let compare = "assay compare Nehalem.jsonl Sandybridge.jsonl --output out > /dev/null; grep differs out/report.md"
    #expect(
      try Self.run(compare, in: folder) == [
        "- core differs: Nehalem in the reference, Sandybridge in the submission"
      ])
    let same = "assay compare Nehalem.jsonl Nehalem.jsonl --output out > /dev/null; grep differs out/report.md"
    #expect(try Self.run(same, in: folder) == ["? 1"])
  }
}
