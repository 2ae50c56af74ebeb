import Foundation
import Testing

/// A model whose FP32 form (540 MB) is larger than the memory that the process may have.
@Suite(.serialized) struct StreamLayersTests {
  static let limit = 200_000_000

  /// A control group with a limit of ``limit`` bytes and no swap, where this process may make one.
  static func group() -> String? {
    for (root, file) in [
      ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"),
    ] {
      let folder = "\(root)/assay-test-\(UUID().uuidString)"
      guard mkdir(folder, 0o755) == 0 else { continue }
      let isGroup = FileManager.default.fileExists(atPath: "\(folder)/cgroup.procs")
      if isGroup, (try? "\(limit)".write(toFile: "\(folder)/\(file)", atomically: false, encoding: .utf8)) != nil {
        return folder
      }
      rmdir(folder)
    }
    return nil
  }

  @Test(arguments: ["", " --spill ."])
  func `perplexity in 200 MB equals perplexity in memory`(spill: String) throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = (0..<80).map { "The \($0)th sentence of a text that a model reads, and its square is \($0 * $0)." }
    try text.joined(separator: " ").write(to: folder.appending(path: "text.txt"), atomically: true, encoding: .utf8)
    let command = "assay perplexity --model \(TranscriptTests.model) --text text.txt --ctx 256 --chunks 3"
    func run(_ command: String) throws -> [String] {
      try CommandResult(command, in: folder, environment: TranscriptTests.environment).lines
    }
    let inMemory = try run(command + " --save-logits memory.kld")
    #expect(inMemory.contains { $0.contains("PPL") || $0.contains("erplexity") }, "\(inMemory)")
    let streaming = command + " --stream-layers\(spill) --save-logits streamed.kld"
    guard let group = Self.group() else {
      // Private memory: BLAS reserves some 130 MB of it that it does not use, the output matrix takes 113 MB.
      #expect(try run("ulimit -d 380000; " + streaming) == inMemory)
      #expect(try run("cmp memory.kld streamed.kld").isEmpty)
      return
    }
    defer { rmdir(group) }
    let enter = "echo $$ > \(group)/cgroup.procs && exec "
    #expect(try run(enter + streaming) == inMemory)
    #expect(try run("cmp memory.kld streamed.kld").isEmpty)
    // The limit is one: the model does not fit it.
    #expect(try run(enter + command) != inMemory)
  }
}
