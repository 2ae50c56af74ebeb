import Analysis
import ArgumentParser
import Foundation
import LanguageModels

/// Flags of every command that runs a model.
struct GenerationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Most new tokens a prompt (default 128).", valueName: "n"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp("Most sequences computed together; changes speed, never results (default 24).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Threads; changes speed, never results (default: all cores).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Prompts that schemes such as GPTQ learn from (JSON Lines or CSV); none of them may be evaluated too.",
      valueName: "path"))
  var calibration: String?

  @Flag(help: "Show prompts as they are, without the model's chat template.")
  var raw = false

  @Flag(help: "Say what would be done and what memory it takes, and stop.")
  var dryRun = false

  @Flag(help: "Go on from what an interrupted run left.")
  var resume = false

  func validate() throws {
    for (name, value, limit) in [
      ("max-tokens", maxTokens, 1 << 16), ("batch", batch, 1 << 16), ("threads", threads, 1024),
    ] {
      if let value, !(1...limit).contains(value) {
        throw ValidationError("--\(name) is \(value), expected a number from 1 to \(limit)")
      }
    }
  }

  /// The settings, with a suite's values where no flag was given.
  func settings(maxTokens suiteMaxTokens: Int? = nil, batch suiteBatch: Int? = nil, raw suiteRaw: Bool? = nil)
    -> GenerationSettings
  {
    var settings = GenerationSettings()
    if let value = maxTokens ?? suiteMaxTokens { settings.maxTokens = value }
    if let value = batch ?? suiteBatch { settings.batch = value }
    if let value = threads { settings.threads = value }
    settings.raw = raw || suiteRaw == true
    return settings
  }
}

/// How much a command says on stderr.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the result as JSON on stdout.")
  var json = false

  @Flag(help: "No progress on stderr.")
  var quiet = false

  @Flag(help: "Say on stderr what is done and how long it took.")
  var verbose = false

  func log(_ text: @autoclosure () -> String) {
    if verbose && !quiet { Terminal.error(text()) }
  }
}

/// Parses a scheme, as a usage error naming the flag when it is wrong.
func parseScheme(_ text: String) throws -> Scheme {
  do {
    return try Scheme(text)
  } catch {
    throw ValidationError("\(error)")
  }
}
