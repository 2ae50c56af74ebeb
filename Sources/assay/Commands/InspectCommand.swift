import Analysis
import ArgumentParser
import Foundation
import LanguageModels

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describes any file Assay reads: a model, a run, a prompt set.",
    discussion: """
      Examples:
        assay inspect model.gguf        architecture, tensor types, effective bits, expected memory
        assay inspect model-folder      the same of a folder with safetensors
        assay inspect model.gguf --scheme int8 --batch 64        the memory that a run would take at its peak
        assay inspect int8.jsonl        where a run comes from and what it holds
      """)

  @Argument(help: ArgumentHelp("The file.", valueName: "path"))
  var file: String

  @Option(help: ArgumentHelp("Model: the scheme whose memory is estimated.", valueName: "scheme"))
  var scheme = "fp32"

  @Option(help: ArgumentHelp("Model: sequences computed together.", valueName: "n"))
  var batch = 24

  @Option(help: ArgumentHelp("Model: tokens of each sequence, prompt and answer.", valueName: "n"))
  var tokens = 256

  @OptionGroup var report: OutputOptions

  func validate() throws {
    for (name, value) in [("batch", batch), ("tokens", tokens)] where !(1...1 << 16).contains(value) {
      throw ValidationError("--\(name) is \(value), expected a number from 1 to \(1 << 16)")
    }
  }

  func run() throws {
    let scheme = try parseScheme(scheme)
    let facts =
      try Self.isModel(file)
      ? ModelFacts(path: file, scheme: scheme, batch: batch, tokens: tokens).facts : Self.records(file)
    try Fact.show(facts, json: report.json)
  }

  private static func isModel(_ path: String) throws -> Bool {
    if ModelFolder.isFolder(path) { return true }
    try Files.checkReadable(path)
    if path.hasSuffix(".gguf") || path.hasSuffix(".safetensors") { return true }
    // What is read from a pipe is gone, and a model cannot be mapped from one.
    guard Files.isRegular(path), let handle = FileHandle(forReadingAtPath: path) else { return false }
    let magic = try handle.read(upToCount: 4) ?? Data()
    return magic == Data("GGUF".utf8)
  }

  /// A run, or else a prompt set.
  private static func records(_ path: String) throws -> [Fact] {
    let bytes = try Files.read(path)
    do {
      return facts(try Run(parsing: bytes, label: path))
    } catch {
      // Of a file that is neither, the first line says what it was meant to be.
      let heading = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
      if heading.contains("text") || heading.contains("assay"), !heading.contains("prompt") { throw error }
      return facts(try PromptSet(parsing: bytes, label: path))
    }
  }

  private static func facts(_ run: Run) -> [Fact] {
    var facts = [
      Fact("kind", "run"), Fact("format", run.format), Fact("outputs", run.outputs.count),
      Fact("tokens", run.outputs.reduce(0) { $0 + ($1.tokens?.count ?? 0) }),
    ]
    if let made = run.provenance {
      facts += [
        Fact("model", made.model.name), Fact("scheme", made.scheme), Fact("prompts", made.prompts.name),
        Fact("max_tokens", made.settings.maximumTokenCount), Fact("tool", made.tool),
        Fact("core", made.execution.core ?? "unknown"),
      ]
    }
    return facts
  }

  private static func facts(_ set: PromptSet) -> [Fact] {
    [
      Fact("kind", "prompts"), Fact("prompts", set.prompts.count), Fact("with_target", set.targets.count),
      Fact("categories", Set(set.prompts.compactMap(\.category)).sorted().joined(separator: ", ")),
      Fact("digest", set.digest.description),
    ]
  }
}
