import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// The engine against transformers on the real model (Fixtures/SmolLM2/HOW-MADE.md).
@Suite(.serialized) struct RealModelTests {
  struct Golden: Decodable {
    struct LastPosition: Decodable {
      let id: String
      let top_ids: [Int32]
      let top_logits: [Double]
      let logsumexp: Double
    }
    struct TeacherForced: Decodable {
      let id: String
      let token_ids: [Int32]
      let n_prompt: Int
      let next_token_logprobs: [Double]
      let sum_all, sum_completion: Double
      let argmax_ids: [Int32]
    }
    let last_position_top20: [LastPosition]
    let teacher_forced: [TeacherForced]
  }
  struct GoldenPrompt: Decodable {
    let id: String
    let token_ids: [Int32]
  }
  struct GoldenGeneration: Decodable {
    let id: String
    let finish_reason: String
    let token_ids: [Int32]
    let logprobs: [Double]
    let margins: [Double]
  }

  static let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/SmolLM2")

  static func lines<Value: Decodable>(_ name: String) throws -> [Value] {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n")
      .map { try JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
  }

  static func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: folder.appending(path: "logits.json")))
  }

  static func forward(_ scheme: String = "fp32", threads: Int = 2) throws -> Forward {
    try RealModel.shared().forward(scheme: Scheme(scheme), threads: threads)
  }

  @Test func `last-position logits agree with transformers within 2e-3`() throws {
    let forward = try Self.forward()
    let prompts: [GoldenPrompt] = try Self.lines("prompts.public.jsonl")
    let tokens = Dictionary(uniqueKeysWithValues: prompts.map { ($0.id, $0.token_ids) })
    for golden in try Self.golden().last_position_top20 {
      let prompt = try #require(tokens[golden.id])
      let sequence = TokenSequence(forward, capacity: prompt.count)
      var logits: [Float] = []
      let summary = forward.step([Segment(sequence: sequence, tokens: prompt)]) { logits = $0.token(0) }[0]
      #expect(summary.bestIndex == golden.top_ids[0], "\(golden.id)")
      for (id, value) in zip(golden.top_ids, golden.top_logits) {
        #expect(abs(Double(logits[Int(id)]) - value) < 2e-3, "\(golden.id): token \(id)")
      }
      #expect(abs(summary.logSumExp - golden.logsumexp) < 2e-3)
    }
  }

  @Test func `teacher-forced log-probabilities agree with transformers within 1e-3 relative`() throws {
    let forward = try Self.forward()
    for golden in try Self.golden().teacher_forced {
      let tokens = golden.token_ids
      let sequence = TokenSequence(forward, capacity: tokens.count)
      let summaries = forward.step([
        Segment(sequence: sequence, tokens: tokens, outputs: .all(targets: Array(tokens.dropFirst()) + [-1]))
      ])
      let logProbabilities = summaries.compactMap(\.targetLogProbability)
      #expect(logProbabilities.count == golden.next_token_logprobs.count)
      let sum = logProbabilities.reduce(0, +)
      let completion = logProbabilities.dropFirst(golden.n_prompt - 1).reduce(0, +)
      #expect(abs(sum - golden.sum_all) <= 1e-3 * abs(golden.sum_all))
      #expect(abs(completion - golden.sum_completion) <= 1e-3 * abs(golden.sum_completion))
      for (ours, theirs) in zip(logProbabilities, golden.next_token_logprobs) { #expect(abs(ours - theirs) < 2e-3) }
      #expect(summaries.map(\.bestIndex) == golden.argmax_ids)
    }
  }

  @Test func `greedy texts equal transformers', except after a near-tie`() throws {
    let forward = try Self.forward()
    let prompts: [GoldenPrompt] = try Self.lines("prompts.public.jsonl")
    let goldens: [GoldenGeneration] = try Self.lines("generations.public.jsonl")
    let generator = Generator(
      forward: forward, endOfGeneration: try RealModel.shared().tokenizer.endOfGeneration, batch: 32)
    var afterNearTie: [String] = []
    let count = try generator.run(prompts.map { GenerationRequest(prompt: $0.token_ids, maxTokens: 96) }) {
      index, generation in
      let golden = goldens[index]
      #expect(golden.id == prompts[index].id)
      let common = zip(generation.tokens, golden.token_ids).prefix { $0 == $1 }.count
      for step in 0..<common {
        #expect(abs(generation.logProbabilities[step] - golden.logprobs[step]) < 5e-3, "\(golden.id) step \(step)")
        #expect(abs(Double(generation.margins[step]) - golden.margins[step]) < 5e-3, "\(golden.id) step \(step)")
      }
      if generation.tokens == golden.token_ids {
        #expect(generation.finish.rawValue == golden.finish_reason)
      } else {
        #expect(golden.margins[common] < 0.01, "\(golden.id) differs at step \(common)")
        afterNearTie.append("\(golden.id) at step \(common), margin \(golden.margins[common])")
      }
    }
    #expect(count == 40)
    #expect(afterNearTie.count <= 3, "\(afterNearTie)")
    print("greedy texts: \(count - afterNearTie.count) of \(count) equal; after a near-tie: \(afterNearTie)")
  }

  @Test func `batch and threads never change a bit`() throws {
    let prompts: [GoldenPrompt] = try Self.lines("prompts.public.jsonl")
    let requests = prompts.map { GenerationRequest(prompt: $0.token_ids, maxTokens: 12) }
    let end = try RealModel.shared().tokenizer.endOfGeneration
    for scheme in [
      "fp32", "fp16", "int8:weights=per-tensor,activations=per-tensor", "fp32:kv=int8", "int8:kv=int4",
    ] {
      let forward = try Self.forward(scheme)
      var reference: [Generation] = []
      try Generator(forward: forward, endOfGeneration: end, batch: 40).run(requests) { reference.append($1) }
      // One sequence at a time is slow, so it answers the first prompts only.
      for (batch, threads, count) in [(7, 1, 40), (1, 2, 10)] {
        let other = threads == 2 ? forward : try Self.forward(scheme, threads: threads)
        var answers: [Generation] = []
        try Generator(forward: other, endOfGeneration: end, batch: batch)
          .run(Array(requests.prefix(count))) { answers.append($1) }
        #expect(answers == Array(reference.prefix(count)), "\(scheme), batch \(batch), \(threads) threads")
      }
    }
  }

  @Test(arguments: ["fp32", "fp16", "bf16", "int8", "int8:weights=per-tensor,activations=per-tensor"])
  func `kernels written by hand give BLAS's bits`(scheme: String) throws {
    let model = try RealModel.shared()
    let prompts: [GoldenPrompt] = try Self.lines("prompts.public.jsonl")
    let requests = prompts.prefix(12).map { GenerationRequest(prompt: $0.token_ids, maxTokens: 6) }
    func answers(native: Bool, batch: Int) throws -> [Generation] {
      let pool = WorkerPool(threads: 2)
      let profile = try model.configuration.kernelProfile(allowsNative: native)
      let weights = try Weights(
        model.file, configuration: model.configuration, scheme: Scheme(scheme), profile: profile, pool: pool)
      let forward = Forward(
        configuration: model.configuration, weights: weights, cacheFormat: try Scheme(scheme).cache, profile: profile,
        pool: pool)
      var answers: [Generation] = []
      try Generator(forward: forward, endOfGeneration: model.tokenizer.endOfGeneration, batch: batch)
        .run(requests) { answers.append($1) }
      return answers
    }
    let blas = try answers(native: false, batch: 12)
    #expect(try answers(native: true, batch: 12) == blas)
    #expect(try answers(native: true, batch: 3) == blas)
  }

  @Test func `a segment gives the same logits whole, in pieces, or one token at a time`() throws {
    let forward = try Self.forward()
    let prompts: [GoldenPrompt] = try Self.lines("prompts.public.jsonl")
    let tokens = prompts[3].token_ids
    func last(pieces: [Int]) -> LogitSummary {
      let sequence = TokenSequence(forward, capacity: tokens.count)
      var position = 0
      var summary: LogitSummary?
      for piece in pieces {
        summary = forward.step([Segment(sequence: sequence, tokens: Array(tokens[position..<position + piece]))])[0]
        position += piece
      }
      return summary!
    }
    let whole = last(pieces: [tokens.count])
    #expect(last(pieces: [5, tokens.count - 5]) == whole)
    #expect(last(pieces: [Int](repeating: 1, count: tokens.count)) == whole)
  }

  @Test func `smaller caches cost more, and FP16 nearly nothing`() throws {
    let golden = try Self.golden().teacher_forced
    func probabilities(_ scheme: String) throws -> [Double] {
      let forward = try Self.forward(scheme)
      return golden.flatMap { text in
        let sequence = TokenSequence(forward, capacity: text.token_ids.count)
        let targets = Array(text.token_ids.dropFirst()) + [-1]
        return forward.step([Segment(sequence: sequence, tokens: text.token_ids, outputs: .all(targets: targets))])
          .compactMap(\.targetLogProbability)
      }
    }
    let reference = try probabilities("fp32")
    let errors = try ["fp16", "int8", "int4"].map { cache in
      zip(reference, try probabilities("fp32:kv=\(cache)")).reduce(0) { $0 + abs($1.0 - $1.1) }
        / Double(reference.count)
    }
    print("mean change of ln p with kv=fp16, int8, int4: \(errors)")
    #expect(errors[0] > 0 && errors[0] < 1e-3)
    #expect(errors[1] > errors[0] && errors[1] < 0.05)
    #expect(errors[2] > 4 * errors[1])
  }

  @Test func `skip keeps a module in FP32 and refuses a module that is not there`() throws {
    let all = try Self.forward("int8:skip=blk.0+ffn_down")
    #expect(all.weights.layers[0].query.inputRounding == .none)
    #expect(all.weights.layers[1].query.inputRounding == .int8(.perToken))
    #expect(all.weights.layers[1].down.inputRounding == .none)
    #expect(all.weights.head.inputRounding == .none)
    #expect(throws: ModelError.unknownModule("blk.99", example: "blk.0.attn_q")) {
      try Self.forward("int8:skip=blk.99")
    }
  }
}

/// The model that scripts/setup fetches, loaded once.
enum RealModel {
  nonisolated(unsafe) private static var loaded: LanguageModel?

  static func shared() throws -> LanguageModel {
    if let loaded { return loaded }
    let model = try LanguageModel(path: TestModel.path)
    loaded = model
    return model
  }
}
