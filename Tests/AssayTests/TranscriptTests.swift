import Foundation
import Testing

/// Every file in `Transcripts`, run against the built binary. `RECORD_TRANSCRIPTS=1` rewrites them, and fails.
@Suite struct TranscriptTests {
  static let sources = URL(filePath: #filePath).deletingLastPathComponent()
  static let root = sources.deletingLastPathComponent().deletingLastPathComponent()
  static let names = try! FileManager.default.contentsOfDirectory(atPath: sources.appending(path: "Transcripts").path())
    .filter { $0.hasSuffix(".transcript") }.sorted()

  /// The folder of the products under test.
  static let products = Bundle.module.bundleURL.deletingLastPathComponent()

  static let model =
    ProcessInfo.processInfo.environment["ASSAY_TEST_MODEL"]
    ?? root.appending(path: ".models/SmolLM2-135M-Instruct.Q4_1.gguf").path()

  static var environment: [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return ["PATH": products.path() + ":" + path, "MODEL": model, "COLUMNS": "120"]
  }

  /// A copy of the fixtures that a session may write to.
  static func scratch() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-test-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: sources.appending(path: "Fixtures"), to: folder)
    return folder
  }

  @Test(arguments: names)
  func `transcript`(name: String) throws {
    let file = Self.sources.appending(path: "Transcripts/\(name)")
    let transcript = Transcript(try String(contentsOf: file, encoding: .utf8))
    #expect(!transcript.steps.isEmpty)
    let folder = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    var recorded = ""
    for step in transcript.steps {
      let result = try CommandResult(step.command, in: folder, environment: Self.environment)
      let lines = result.lines.map { $0.replacing(Self.model, with: "MODEL.gguf") }
      #expect(lines == step.expected, "$ \(step.command)")
      recorded += (step.comments + ["$ \(step.command)"] + lines).joined(separator: "\n") + "\n"
    }
    if ProcessInfo.processInfo.environment["RECORD_TRANSCRIPTS"] == "1" {
      try recorded.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name); read it, then run again without RECORD_TRANSCRIPTS")
    }
  }
}
