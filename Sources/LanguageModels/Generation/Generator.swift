import Tensors

/// One prompt to continue.
package struct GenerationRequest: Sendable {
  package let prompt: [TokenID]
  /// How the answer begins: read as if it had been generated, token by token.
  package let prefix: [TokenID]
  /// Most tokens of the answer, prefix and end-of-generation token included.
  package let maxTokens: Int

  package init(prompt: [TokenID], prefix: [TokenID] = [], maxTokens: Int) {
    self.prompt = prompt
    self.prefix = prefix
    self.maxTokens = maxTokens
  }

  /// Positions that its sequence needs room for.
  func capacity(contextLength: Int) -> Int { prompt.count + min(maxTokens, max(0, contextLength - prompt.count)) }
}

/// A finished greedy continuation.
package struct Generation: Sendable, Hashable {
  package enum Finish: String, Sendable {
    /// An end-of-generation token, which is the last of ``Generation/tokens``.
    case eos
    /// The token limit, or the model's context length.
    case length
  }

  /// The prefix asked for, and what was chosen after it.
  package let tokens: [TokenID]
  /// ln p of each chosen token.
  package let logProbabilities: [Double]
  /// Logit of the chosen token minus that of the runner-up, at each step.
  package let margins: [Float]
  package let finish: Finish
}

/// Why generation stopped.
package enum GenerationError: Error, Hashable {
  case emptyPrompt(request: Int)
  case promptTooLong(request: Int, tokens: Int, contextLength: Int)
  case tokenOutsideVocabulary(request: Int, token: TokenID, vocabulary: Int)
  case nonFiniteLogits(request: Int, step: Int)
}

/// Greedy decoding of many prompts at once: finished slots are refilled with the next prompt at once.
package struct Generator {
  package let forward: Forward
  package let endOfGeneration: Set<TokenID>
  /// Most sequences in flight.
  package let batch: Int
  /// Most memory for the keys and values of the sequences in flight; one sequence is always computed.
  package let cacheBytes: Int
  /// Prompt tokens that may join one step; a longer prompt has a step of its own.
  static let promptTokensPerStep = 256

  package init(forward: Forward, endOfGeneration: Set<TokenID>, batch: Int, cacheBytes: Int = .max) {
    precondition(batch >= 1, "a batch holds at least one sequence")
    self.cacheBytes = cacheBytes
    self.forward = forward
    self.endOfGeneration = endOfGeneration
    self.batch = batch
  }

  /// A sequence in flight.
  private final class Slot {
    let request: Int
    let limit: Int
    let sequence: TokenSequence
    var pending: [TokenID]
    /// Of the pending tokens, those that are one tensor: the prompt, or the one token chosen last.
    var wholeTensor: Int
    var tokens: [TokenID]
    var logProbabilities: [Double] = []
    var margins: [Float] = []

    init(request: Int, limit: Int, sequence: TokenSequence, prompt: [TokenID], prefix: [TokenID]) {
      self.request = request
      self.limit = limit
      self.sequence = sequence
      pending = prompt + prefix
      wholeTensor = prompt.count
      tokens = prefix
    }
  }

  /// Continues every request and hands each result over as soon as it and all before it are done, in request order.
  ///
  /// - Parameters:
  ///   - progress: called after each step with the number of tokens generated in it.
  ///   - isCancelled: asked between steps; what is finished in order has been handed over by then.
  ///   - emit: receives the request's index and its continuation.
  /// - Returns: how many results were handed over.
  /// - Throws: ``GenerationError``, or what `emit` throws.
  @discardableResult
  package func run(
    _ requests: [GenerationRequest], progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false },
    emit: (Int, Generation) throws -> Void
  ) throws -> Int {
    try check(requests)
    var slots: [Slot] = []
    var next = 0
    var finished: [Int: Generation] = [:]
    var emitted = 0
    while emitted < requests.count, !isCancelled() {
      refill(&slots, from: requests, next: &next)
      let segments = slots.map {
        Segment(sequence: $0.sequence, tokens: $0.pending, wholeTensor: $0.wholeTensor)
      }
      for (slot, summary) in zip(slots, forward.step(segments)) {
        guard summary.isFinite else {
          throw GenerationError.nonFiniteLogits(request: slot.request, step: slot.tokens.count)
        }
        slot.tokens.append(summary.bestIndex)
        slot.logProbabilities.append(summary.bestLogProbability)
        slot.margins.append(summary.margin)
        slot.pending = [summary.bestIndex]
        slot.wholeTensor = 1
        let isEnd = endOfGeneration.contains(summary.bestIndex)
        if isEnd || slot.tokens.count >= slot.limit {
          finished[slot.request] = Generation(
            tokens: slot.tokens, logProbabilities: slot.logProbabilities, margins: slot.margins,
            finish: isEnd ? .eos : .length)
        }
      }
      progress(slots.count)
      slots.removeAll { finished[$0.request] != nil || $0.request < emitted }
      while let generation = finished.removeValue(forKey: emitted) {
        try emit(emitted, generation)
        emitted += 1
      }
    }
    return emitted
  }

  private func refill(_ slots: inout [Slot], from requests: [GenerationRequest], next: inout Int) {
    var room = Self.promptTokensPerStep
    var cacheRoom = cacheBytes / forward.configuration.cacheBytesPerToken(forward.cacheFormat)
    for slot in slots { cacheRoom -= slot.sequence.capacity }
    while slots.count < batch, next < requests.count {
      let request = requests[next]
      let read = request.prompt.count + request.prefix.count
      guard read <= room || room == Self.promptTokensPerStep else { return }
      let limit = min(request.maxTokens, forward.configuration.contextLength - request.prompt.count)
      let capacity = request.prompt.count + limit
      guard capacity <= cacheRoom || slots.isEmpty else { return }
      room = max(0, room - read)
      let sequence = TokenSequence(forward, capacity: capacity)
      cacheRoom -= sequence.capacity
      slots.append(
        Slot(
          request: next, limit: limit, sequence: sequence, prompt: request.prompt,
          prefix: request.prefix))
      next += 1
    }
  }

  private func check(_ requests: [GenerationRequest]) throws(GenerationError) {
    let (context, vocabulary) = (forward.configuration.contextLength, forward.configuration.vocabularySize)
    for (index, request) in requests.enumerated() {
      precondition(request.maxTokens > request.prefix.count, "at least one new token")
      guard !request.prompt.isEmpty else { throw .emptyPrompt(request: index) }
      guard request.prompt.count < context else {
        throw .promptTooLong(request: index, tokens: request.prompt.count, contextLength: context)
      }
      if let token = (request.prompt + request.prefix).first(where: {
        $0 < 0 || Int($0) >= vocabulary
      }) {
        throw .tokenOutsideVocabulary(request: index, token: token, vocabulary: vocabulary)
      }
    }
  }
}
