import Foundation

/// A terminal session as a test: commands, what they must print, and their exit codes.
///
/// ```
/// # A comment.
/// $ assay compare a.jsonl b.jsonl
/// a line of stdout
/// ! a line of stderr
/// ? 2
/// ```
/// Commands run in a shell, in a fresh copy of `Fixtures`, with the built `assay` on the PATH. `? 0` is left out.
struct Transcript {
  struct Step {
    let comments: [String]
    let command: String
    let expected: [String]
  }

  let steps: [Step]

  init(_ text: String) {
    var steps: [Step] = []
    var comments: [String] = []
    var command: String?
    var expected: [String] = []
    func finish() {
      if let command { steps.append(Step(comments: comments, command: command, expected: expected)) }
      if command != nil { comments = [] }
      command = nil
      expected = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("$ ") {
        finish()
        command = String(line.dropFirst(2))
      } else if line.hasPrefix("# ") || line.isEmpty {
        finish()
        comments.append(line)
      } else {
        expected.append(line)
      }
    }
    finish()
    self.steps = steps
  }
}

/// What a command did, in a transcript's form.
struct CommandResult {
  let lines: [String]

  /// Runs a command in a shell.
  init(_ command: String, in folder: URL, environment: [String: String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = folder.appending(path: ".stdout")
    let error = folder.appending(path: ".stderr")
    for file in [output, error] { _ = FileManager.default.createFile(atPath: file.path(), contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    try process.run()
    process.waitUntilExit()
    var lines = Self.lines(try Data(contentsOf: output))
    lines += Self.lines(try Data(contentsOf: error)).map { "! " + $0 }
    if process.terminationReason == .uncaughtSignal {
      lines.append("? signal \(process.terminationStatus)")
    } else if process.terminationStatus != 0 {
      lines.append("? \(process.terminationStatus)")
    }
    // Blank lines separate steps, so they are not compared.
    self.lines = lines.filter { !$0.isEmpty }
  }

  private static func lines(_ data: Data) -> [String] {
    // CSV ends its lines with CR LF; a transcript shows lines.
    String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
  }
}
