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
  /// The base beside itself with rounding noise, if asked for.
  let floor: TeacherForcedEvaluation?
  let noise: RoundingNoise?
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
  /// Memory for what the base computed of a window, which is read twice when noise is measured.
  private static let keptBytes = 1 << 28

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
      windows = try rule.windows(text.tokens, contextLength: context, bos: bos, limit: command.chunks)
    } catch {
      throw AssayError(
        "\(command.text ?? command.against ?? ""): has \(error.tokens) tokens, but \(error.needed) are needed; give a "
          + "longer text or a smaller --ctx")
    }
    tokens = text.tokens
    textBytes = command.chunks == nil ? text.bytes : nil
    vocabularySize = model.configuration.vocabularySize

    let noise = command.noise.flatMap(RoundingNoise.Format.init).map {
      RoundingNoise(format: $0, seed: command.noiseSeed)
    }
    self.noise = noise
    let own = try Self.source(model, scheme, windows, command, threads: threads)
    title = "\(Files.name(command.model)) (\(scheme))"
    switch base {
    case nil:
      (against, floor) = (nil, nil)
      evaluation = TeacherForcedEvaluation(reference: own, pool: pool)
    case .scheme(let other):
      against = "\(Files.name(command.model)) (\(other))"
      let reference: any LogitSource
      (reference, floor) = try Self.base(model, other, windows, command, noise: noise, pool: pool)
      evaluation = TeacherForcedEvaluation(reference: reference, submission: own, pool: pool)
    case .model(let path):
      against = "\(Files.name(path)) (fp32)"
      let other = try Self.open(path)
      guard other.configuration.vocabularySize == vocabularySize else {
        throw AssayError(
          "\(path): has a vocabulary of \(other.configuration.vocabularySize), but \(command.model) has "
            + "\(vocabularySize); hold a model against its own family")
      }
      let reference: any LogitSource
      (reference, floor) = try Self.base(other, .reference, windows, command, noise: noise, pool: pool)
      evaluation = TeacherForcedEvaluation(reference: reference, submission: own, pool: pool)
    case .logits(let file):
      guard noise == nil else {
        throw ValidationError("--noise disturbs the base, which must be a model, not a file of logits")
      }
      floor = nil
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
  private static func resolve(_ command: PerplexityCommand, pool: WorkerPool) throws -> (Scheme, Base?) {
    let scheme = try command.scheme.map(parseScheme)
    guard let against = command.against else { return (scheme ?? .reference, nil) }
    if let other = try? Scheme(against) {
      if let scheme {
        guard scheme != other else { throw ValidationError("--scheme and --against are both '\(other)'") }
        return (scheme, .scheme(other))
      }
      guard other != .reference else { throw ValidationError("give the scheme to hold against fp32 with --scheme") }
      // A quantized scheme alone is what is to be judged.
      return (other, .scheme(.reference))
    }
    guard Files.exists(against) else {
      throw ValidationError(
        "--against '\(against)' is no file and no scheme ('assay run --list-schemes' explains the schemes)")
    }
    try Files.checkReadable(against)
    do {
      let file = try MappedFile(path: against)
      guard LogitFile.isLogitFile(file) else { return (scheme ?? .reference, .model(against)) }
      if command.score != ScoringRule.lastHalf.rawValue {
        throw ValidationError("a file of logits holds the second half of each chunk; leave out --score")
      }
      let logits = try LogitFile(file, pool: pool)
      if let context = command.context, context != logits.contextLength {
        throw ValidationError("--ctx is \(context), but \(against) has chunks of \(logits.contextLength)")
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
        "\(path): is not the text that \(command.against ?? "") was made of: the tokens differ; leave out --text")
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

  /// The base, and the base beside itself with noise.
  private static func base(
    _ model: LanguageModel, _ scheme: Scheme, _ windows: [TextWindow], _ command: PerplexityCommand,
    noise: RoundingNoise?, pool: WorkerPool
  ) throws -> (any LogitSource, floor: TeacherForcedEvaluation?) {
    let base = try source(model, scheme, windows, command, threads: pool.threads)
    let disturbed = try noise.map { try source(model, scheme, windows, command, threads: pool.threads, noise: $0) }
    return (base, disturbed.map { TeacherForcedEvaluation(reference: base, submission: $0, pool: pool) })
  }

  /// The model in memory, or streamed.
  private static func source(
    _ model: LanguageModel, _ scheme: Scheme, _ windows: [TextWindow], _ command: PerplexityCommand, threads: Int,
    noise: RoundingNoise? = nil
  ) throws -> any LogitSource {
    do {
      guard command.streamLayers else {
        let estimate = MemoryEstimate(
          model.configuration, scheme: scheme, sequences: [windows.map(\.tokens.count).max() ?? 0], batch: 1,
          cacheBytes: .max, promptTokens: ForwardLogits.tokensPerStep)
        try MemoryFacts.check(estimate, job: "\(model.file.path) under \(scheme)")
        return ForwardLogits(
          try model.forward(scheme: scheme, threads: threads, noise: noise),
          keptBytes: command.noise == nil ? 0 : Self.keptBytes)
      }
      let progress = Progress(
        "\(scheme)", total: model.configuration.layers, unit: "layers", quiet: command.report.quiet)
      let tokens = windows.reduce(0) { $0 + $1.tokens.count }
      return try StreamedLogits(
        model.file, configuration: model.configuration, scheme: scheme, windows: windows, threads: threads,
        options: .init(spillFolder: command.spill) { _ in
          progress.finishedPrompt()
          progress.generated(tokens)
          progress.clear()
          try command.checkInterruption()
        })
    } catch let error as ModelError {
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
        contextLength: job.contextLength, vocabulary: job.vocabularySize, windows: job.windows.count,
        tokens: Array(job.tokens.prefix(job.contextLength * job.windows.count))))
  }

  private func write(_ bytes: [UInt8]) throws { try sink.write(bytes) }

  func append(_ block: LogitBlock, pool: WorkerPool) throws { try write(LogitFile.rows(block, pool: pool)) }

  func finish() throws { try sink.finish() }
}
