import Analysis
import Foundation
import LanguageModels

/// How prompts are answered, apart from model and scheme.
struct GenerationSettings {
  var maxTokens = 128
  var batch = 24
  var threads = ProcessInfo.processInfo.activeProcessorCount
  /// Show prompts as they are, without the chat template.
  var raw = false
}

/// One model file and one prompt set, tokenised once, answered under as many schemes as asked.
final class Session {
  let path: String
  let model: LanguageModel
  let prompts: PromptSet
  let settings: GenerationSettings
  /// What schemes learn from, where one of them does.
  let calibration: PromptSet?
  let calibrationTokens: [[TokenID]]
  let requests: [GenerationRequest]
  private let digest: Digest
  /// Memory for keys and values: an eighth of the machine's, so that long answers slow a run down and do not end it.
  static let cacheBytes = max(1 << 30, Int(clamping: ProcessInfo.processInfo.physicalMemory / 8))

  /// - Throws: ``AssayError`` naming the file, or the prompt that cannot be shown to the model.
  init(
    model path: String, prompts: PromptSet, settings: GenerationSettings, calibration: PromptSet? = nil
  ) throws {
    self.path = path
    self.prompts = prompts
    self.settings = settings
    self.calibration = calibration
    do {
      model = try LanguageModel(path: path)
    } catch {
      throw AssayError(path, error)
    }
    var hash = SHA256()
    model.file.forEachPiece { hash.update($0) }
    digest = hash.finish()
    calibrationTokens =
      try calibration.map { [model] set in
        try set.prompts.map { try Self.tokens(of: $0, model: model, set: set, raw: settings.raw) }
      } ?? []
    requests = try prompts.prompts.map { [model] prompt in
      GenerationRequest(
        prompt: try Self.tokens(of: prompt, model: model, set: prompts, raw: settings.raw),
        maxTokens: prompt.maximumTokenCount ?? settings.maxTokens)
    }
  }

  private static func tokens(
    of prompt: Prompt, model: LanguageModel, set: PromptSet, raw: Bool
  ) throws -> [TokenID] {
    guard raw else {
      do {
        return try model.tokens(for: prompt.messages.map { ChatMessage(role: $0.role, content: $0.content) })
      } catch {
        throw AssayError(model.file.path, error)
      }
    }
    guard case .text(let text) = prompt.content, prompt.system == nil else {
      throw AssayError(
        "\(set.label): prompt '\(prompt.id)' is a conversation, which --raw cannot show; give it as 'prompt' text")
    }
    return model.tokens(for: text)
  }

  /// What the run's first line says about it; `tile` as chosen for the BLAS kernel, once weights are loaded.
  func provenance(_ scheme: Scheme, tile: Int?) -> Provenance {
    Provenance(
      model: .init(name: Files.name(path), digest: digest),
      prompts: .init(name: prompts.label, digest: prompts.digest),
      template: settings.raw
        ? nil : (try? model.template.get()).map { .init(name: $0.family, digest: Digest(of: $0.source)) },
      scheme: scheme.description,
      calibration: scheme.algorithms.needsCalibration
        ? calibration.map { .init(name: $0.label, digest: $0.digest) } : nil,
      settings: .init(maximumTokenCount: settings.maxTokens, isRaw: settings.raw),
      execution: .init(core: EngineCheck.core, tile: tile),
      tool: "assay \(Assay.version)")
  }

  /// Weights under a scheme, with the threads that will use them.
  func load(_ scheme: Scheme, threads: Int? = nil, noise: RoundingNoise? = nil) throws -> Forward {
    do {
      return try model.forward(
        scheme: scheme, threads: threads ?? settings.threads,
        calibration: CalibrationPrompts(prompts: calibrationTokens, isCancelled: { Interruption.isRequested }),
        noise: noise)
    } catch .interrupted {
      Terminal.error("assay: interrupted during the calibration of \(scheme)")
      throw ExitStatus.interrupted.code
    } catch {
      throw AssayError(path, error)
    }
  }

  /// Answers the prompts at `places` in their order, handing each answer over as soon as all before it are done.
  /// - Returns: how many answers were handed over; fewer than asked only after an interruption.
  @discardableResult
  func answer(
    with forward: Forward, prompts places: [Int], batch: Int? = nil, progress: Progress?,
    emit: (Output) throws -> Void
  ) throws -> Int {
    try answer(
      with: forward, requests: places.map { ($0, requests[$0]) }, batch: batch, progress: progress,
      emit: emit)
  }

  /// Completes answers that begin in a given way, each as if its beginning had been generated.
  func answer(
    with forward: Forward, continuing beginnings: [(index: Int, prefix: [TokenID])],
    progress: Progress?,
    emit: (Output) throws -> Void
  ) throws {
    try answer(
      with: forward,
      requests: beginnings.map { index, prefix in
        let request = requests[index]
        return (
          index,
          GenerationRequest(prompt: request.prompt, prefix: prefix, maxTokens: request.maxTokens)
        )
      }, batch: nil, progress: progress, emit: emit)
  }

  @discardableResult
  private func answer(
    with forward: Forward, requests: [(index: Int, request: GenerationRequest)], batch: Int?,
    progress: Progress?,
    emit: (Output) throws -> Void
  ) throws -> Int {
    let generator = Generator(
      forward: forward, endOfGeneration: model.tokenizer.endOfGeneration, batch: batch ?? settings.batch,
      cacheBytes: Self.cacheBytes)
    do {
      return try generator.run(
        requests.map(\.request), progress: { progress?.generated($0) },
        isCancelled: { Interruption.isRequested }
      ) { position, generation in
        try emit(output(generation, prompt: prompts.prompts[requests[position].index]))
        progress?.finishedPrompt()
      }
    } catch let error as GenerationError {
      throw AssayError(describe(error) { requests[$0].index })
    }
  }

  /// The tokens that the model is shown of a prompt.
  func promptTokens(_ index: Int) -> [TokenID] { requests[index].prompt }

  private func output(_ generation: Generation, prompt: Prompt) -> Output {
    let isEnded = generation.finish == .eos
    return Output(
      id: prompt.id,
      text: model.tokenizer.decode(generation.tokens.dropLast(isEnded ? 1 : 0), skipSpecial: true),
      tokens: generation.tokens, finish: isEnded ? .eos : .length, logProbabilities: generation.logProbabilities,
      margins: generation.margins.map(Double.init))
  }

  private func describe(_ error: GenerationError, prompt: (Int) -> Int) -> String {
    func name(_ request: Int) -> String {
      "\(prompts.label): prompt '\(prompts.prompts[prompt(request)].id)'"
    }
    switch error {
    case .emptyPrompt(let request): return "\(name(request)) has no tokens; give it some text"
    case .promptTooLong(let request, let tokens, let limit):
      return "\(name(request)) has \(tokens) tokens, but the model reads \(limit); shorten it"
    case .tokenOutsideVocabulary(let request, let token, let size):
      return "\(name(request)) has the token \(token), outside the vocabulary of \(size)"
    case .nonFiniteLogits(let request, let step):
      return "\(name(request)): NaN or infinite logits at step \(step + 1); a scheme with less overflow may help"
    }
  }
}
