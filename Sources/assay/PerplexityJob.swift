import Analysis
import ArgumentParser
import Foundation
import LanguageModels
import Tensors

/// What `assay perplexity` will do: everything that can be refused is refused here, before the work.
struct PerplexityJob {
  /// `MODEL (SCHEME)`, and what it is held against.
  let title: String
  let against: String?
  let evaluation: TeacherForcedEvaluation
  let windows: [TextWindow]
  let rule: ScoringRule
  let contextLength: Int
  let vocabularySize: Int
  /// The text's tokens; of a file of logits, those in it.
  let tokens: [TokenID]
  /// Bytes of the text, if all of it is read.
  let textBytes: Int?
  let pool: WorkerPool

  private static let defaultContext = 512

  init(_ command: PerplexityCommand) throws {
    Interruption.catchSignals()
    let threads = command.threads ?? ProcessInfo.processInfo.activeProcessorCount
    pool = WorkerPool(threads: threads)
    let model = try Self.open(command.model)
    let (scheme, base) = try Self.resolve(command, pool: pool)
    rule = ScoringRule(rawValue: command.score) ?? .lastHalf

    var logitFile: LogitFile?
    if case .logits(let file) = base { logitFile = file }
    if let logitFile, logitFile.vocabularySize != model.configuration.vocabularySize {
      throw AssayError(
        "\(command.against ?? ""): is of a vocabulary of \(logitFile.vocabularySize), but \(command.model) has "
          + "\(model.configuration.vocabularySize); hold a model against its own family")
    }
    let context = logitFile?.contextLength ?? command.context ?? Self.defaultContext
    guard context <= model.configuration.contextLength else {
      throw AssayError(
        "\(command.model): reads \(model.configuration.contextLength) tokens, fewer than the \(context) of a chunk; "
          + "give a smaller --ctx")
    }
    contextLength = context
    let text = try Self.tokens(command, model: model, file: logitFile)
    let bos = model.tokenizer.addsBOS ? model.tokenizer.bos : nil
    do {
      windows = try rule.windows(
        text.tokens, contextLength: context, bos: bos, limit: command.chunks)
    } catch {
      throw AssayError(
        "\(command.text ?? command.against ?? ""): has \(error.tokens) tokens, but \(error.needed) are needed; give a "
          + "longer text or a smaller --ctx")
    }
    tokens = text.tokens
    textBytes = command.chunks == nil ? text.bytes : nil
    vocabularySize = model.configuration.vocabularySize

    let own = ForwardLogits(try Self.load(model, scheme, threads: threads))
    title = "\(Files.name(command.model)) (\(scheme))"
    switch base {
    case nil:
      against = nil
      evaluation = TeacherForcedEvaluation(reference: own, pool: pool)
    case .scheme(let other):
      against = "\(Files.name(command.model)) (\(other))"
      let reference = ForwardLogits(try Self.load(model, other, threads: threads))
      evaluation = TeacherForcedEvaluation(reference: reference, submission: own, pool: pool)
    case .model(let path):
      against = "\(Files.name(path)) (fp32)"
      let other = try Self.open(path)
      guard other.configuration.vocabularySize == vocabularySize else {
        throw AssayError(
          "\(path): has a vocabulary of \(other.configuration.vocabularySize), but \(command.model) has "
            + "\(vocabularySize); hold a model against its own family")
      }
      let reference = ForwardLogits(try Self.load(other, .reference, threads: threads))
      evaluation = TeacherForcedEvaluation(reference: reference, submission: own, pool: pool)
    case .logits(let file):
      against = Files.name(command.against ?? "")
      evaluation = TeacherForcedEvaluation(reference: file, submission: own, pool: pool)
    }
  }

  private enum Base {
    case scheme(Scheme)
    case model(String)
    case logits(LogitFile)
  }

  /// The scheme of the model, and what it is held against.
  private static func resolve(_ command: PerplexityCommand, pool: WorkerPool) throws -> (
    Scheme, Base?
  ) {
    let scheme = try command.scheme.map(parseScheme)
    guard let against = command.against else { return (scheme ?? .reference, nil) }
    if let other = try? Scheme(against) {
      if let scheme {
        guard scheme != other else {
          throw ValidationError("--scheme and --against are both '\(other)'")
        }
        return (scheme, .scheme(other))
      }
      guard other != .reference else {
        throw ValidationError("give the scheme to hold against fp32 with --scheme")
      }
      // A quantized scheme alone is what is to be judged.
      return (other, .scheme(.reference))
    }
    guard Files.exists(against) else {
      throw ValidationError(
        "--against '\(against)' is no file and no scheme ('assay run --list-schemes' explains the schemes)"
      )
    }
    try Files.checkReadable(against)
    do {
      let file = try MappedFile(path: against)
      guard LogitFile.isLogitFile(file) else { return (scheme ?? .reference, .model(against)) }
      if command.score != ScoringRule.lastHalf.rawValue {
        throw ValidationError(
          "a file of logits holds the second half of each chunk; leave out --score")
      }
      let logits = try LogitFile(file, pool: pool)
      if let context = command.context, context != logits.contextLength {
        throw ValidationError(
          "--ctx is \(context), but \(against) has chunks of \(logits.contextLength)")
      }
      return (scheme ?? .reference, .logits(logits))
    } catch let error as ValidationError {
      throw error
    } catch {
      throw AssayError(against, error)
    }
  }

  private static func tokens(
    _ command: PerplexityCommand, model: LanguageModel, file: LogitFile?
  ) throws -> (tokens: [TokenID], bytes: Int?) {
    guard let path = command.text else {
      guard let file else { throw ValidationError("no text: give --text FILE") }
      return (file.tokens, nil)
    }
    let bytes = try Files.read(path)
    let tokens = model.tokens(for: String(decoding: bytes, as: UTF8.self))
    guard let file else { return (tokens, bytes.count) }
    guard tokens.starts(with: file.tokens) else {
      throw AssayError(
        "\(path): is not the text that \(command.against ?? "") was made of: the tokens differ; leave out --text"
      )
    }
    return (file.tokens, nil)
  }

  private static func open(_ path: String) throws -> LanguageModel {
    do {
      return try LanguageModel(path: path)
    } catch {
      throw AssayError(path, error)
    }
  }

  private static func load(_ model: LanguageModel, _ scheme: Scheme, threads: Int) throws -> Forward {
    do {
      return try model.forward(scheme: scheme, threads: threads)
    } catch {
      throw AssayError(model.file.path, error)
    }
  }
}

/// Writes a `_logits_` file, which gets its name when it is complete.
final class LogitFileWriter {
  private let sink: ByteSink

  init(_ path: String, job: PerplexityJob) throws {
    try Files.checkReplaceable(path)
    sink = try ByteSink(path: path)
    try write(
      LogitFile.header(
        contextLength: job.contextLength, vocabulary: job.vocabularySize,
        windows: job.windows.count,
        tokens: Array(job.tokens.prefix(job.contextLength * job.windows.count))))
  }

  private func write(_ bytes: [UInt8]) throws { try sink.write(bytes) }

  func append(_ block: LogitBlock, pool: WorkerPool) throws {
    try write(LogitFile.rows(block, pool: pool))
  }

  func finish() throws { try sink.finish() }
}
