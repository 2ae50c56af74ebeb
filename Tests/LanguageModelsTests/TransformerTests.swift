import Glibc
import Testing

@testable import LanguageModels
@testable import Tensors

/// The transformer against its definition, and what it refuses, on a tiny model with random weights.
@Suite struct TransformerTests {
  static func forward(
    _ model: TinyTransformer, scheme: String = "fp32", threads: Int = 1, native: Bool = true
  ) throws -> Forward {
    let file = try model.file()
    let configuration = try Configuration(file)
    let pool = WorkerPool(threads: threads)
    let profile = try configuration.kernelProfile(allowsNative: native)
    let weights = try Weights(
      file, configuration: configuration, scheme: Scheme(scheme), profile: profile, pool: pool)
    return Forward(
      configuration: configuration, weights: weights, cacheFormat: try Scheme(scheme).cache, profile: profile,
      pool: pool)
  }

  static func logits(_ forward: Forward, _ tokens: [TokenID]) -> [[Float]] {
    let sequence = TokenSequence(forward, capacity: tokens.count)
    var logits: [[Float]] = []
    _ = forward.step([Segment(sequence: sequence, tokens: tokens, outputs: .all(targets: tokens))]) { tiles in
      logits = tokens.indices.map { tiles.token($0) }
    }
    return logits
  }

  static let tokens: [TokenID] = (0..<37).map { $0 * 31 % 100 }

  @Test(arguments: [(true, false), (false, false), (true, true)])
  func `logits agree with the definition in Float64`(tied: Bool, ropeFactors: Bool) throws {
    let model = TinyTransformer(tied: tied, ropeFactors: ropeFactors)
    let ours = Self.logits(try Self.forward(model), Self.tokens)
    for (row, exact) in zip(ours, model.logits(Self.tokens)) {
      for (a, b) in zip(row, exact) { #expect(abs(Double(a) - b) < 1e-4 * max(1, abs(b))) }
    }
  }

  @Test func `linear rope scaling divides positions`() throws {
    var model = TinyTransformer()
    model.metadata += [("llama.rope.scaling.type", .string("linear")), ("llama.rope.scaling.factor", .float32(4))]
    let ours = Self.logits(try Self.forward(model), Self.tokens)
    for (row, exact) in zip(ours, model.logits(Self.tokens, ropeScale: 0.25)) {
      for (a, b) in zip(row, exact) { #expect(abs(Double(a) - b) < 1e-4 * max(1, abs(b))) }
    }
  }

  @Test func `the summary of logits is argmax, runner-up and log-sum-exp`() throws {
    let forward = try Self.forward(TinyTransformer())
    let sequence = TokenSequence(forward, capacity: Self.tokens.count)
    var rows: [[Float]] = []
    let summaries = forward.step([
      Segment(sequence: sequence, tokens: Self.tokens, outputs: .all(targets: Self.tokens))
    ]) { tiles in rows = Self.tokens.indices.map { tiles.token($0) } }
    for (index, (row, summary)) in zip(rows, summaries).enumerated() {
      let order = row.indices.sorted { (a: Int, b: Int) -> Bool in row[a] == row[b] ? a < b : row[a] > row[b] }
      #expect(summary.bestIndex == order[0])
      #expect(summary.secondIndex == order[1])
      #expect(summary.best == row[order[0]])
      #expect(summary.second == row[order[1]])
      #expect(summary.target == row[Int(Self.tokens[index])])
      let largest = Double(row[order[0]])
      let sum: Double = row.reduce(0.0) { (sum: Double, logit: Float) -> Double in sum + exp(Double(logit) - largest) }
      let exact = largest + log(sum)
      #expect(abs(summary.logSumExp - exact) < 1e-13 * abs(exact))
    }
  }

  @Test(arguments: [
    "fp16", "bf16", "int8", "int8:weights=per-tensor,activations=per-tensor", "int8:activations=none", "int4",
    "fp32:kv=fp16", "fp32:kv=int8", "fp32:kv=int4",
    "int8:outliers=1.5", "fp32:prune=0.1",
  ])
  func `every scheme comes near the reference and is not it`(scheme: String) throws {
    let model = TinyTransformer()
    let reference = Self.logits(try Self.forward(model), Self.tokens).flatMap { $0 }.map(Double.init)
    let submission = Self.logits(try Self.forward(model, scheme: scheme), Self.tokens).flatMap { $0 }.map(Double.init)
    let error = QuantizationError(approximate: submission, exact: reference)
    #expect(error.sqnrDecibels > (scheme.hasSuffix("int4") || scheme == "fp32:prune=0.1" ? 8 : 25), "\(error)")
    #expect(error.maxAbsolute > 0)
  }

  @Test(arguments: [
    "fp32", "fp16", "int8", "int8:activations=per-tensor", "int8:outliers=1.5", "int4", "fp32:kv=fp16", "fp32:kv=int8",
    "int8:kv=int4",
  ])
  func `neighbours in a batch change nothing`(scheme: String) throws {
    let forward = try Self.forward(TinyTransformer(), scheme: scheme, threads: 2)
    let prompts = (1...50).map { (n: Int) -> [TokenID] in
      (0...n % 17).map { (k: Int) -> TokenID in TokenID((k * 7 + n * 13) % 100) }
    }
    func summary(_ batch: [[TokenID]]) -> [LogitSummary] {
      forward.step(
        batch.map { prompt in
          Segment(sequence: TokenSequence(forward, capacity: prompt.count), tokens: prompt)
        })
    }
    let alone = prompts.map { summary([$0])[0] }
    #expect(summary(prompts) == alone)
    #expect(Array(summary(prompts.reversed()).reversed()) == alone)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `weights that are not finite are refused by name`(value: Float) throws {
    var model = TinyTransformer()
    model["blk.1.ffn_up.weight"][77] = value
    #expect(throws: ModelError.nonFiniteWeights(tensor: "blk.1.ffn_up.weight", count: 1)) { try Self.forward(model) }
  }

  @Test func `a missing tensor, a wrong shape and an unknown tensor are refused by name`() throws {
    var model = TinyTransformer()
    model.tensors.removeAll { $0.name == "blk.0.attn_v.weight" }
    #expect(throws: ModelError.missingTensor("blk.0.attn_v.weight")) { try Self.forward(model) }
    model.tensors.append(("blk.0.attn_v.weight", [8, 24], [Float](repeating: 0, count: 192)))
    #expect(
      throws: ModelError.wrongShape(tensor: "blk.0.attn_v.weight", expected: [24, 8], actual: [8, 24])
    ) { try Self.forward(model) }
    model = TinyTransformer()
    model.tensors.append(("blk.1.attn_q_norm.weight", [4], [Float](repeating: 0, count: 4)))
    let file = try model.file()
    #expect(throws: ModelError.unknownTensor("blk.1.attn_q_norm.weight", architecture: "llama")) {
      try Weights.checkMatrices(file, Configuration(file))
    }
  }

  @Test(arguments: [
    ("general.architecture", GGUFValue.string("mamba")), ("llama.attention.head_count_kv", .uint32(5)),
    ("llama.embedding_length", .uint32(0)), ("llama.embedding_length", .uint32(4_000_000_000)),
    ("llama.block_count", .string("two")), ("llama.rope.scaling.type", .string("yarn")),
    ("llama.rope.freq_base", .float32(.nan)), ("llama.attention.key_length", .uint32(3)),
    ("llama.attention.key_length", .uint32(1 << 23)), ("llama.attention.layer_norm_rms_epsilon", .float32(-1)),
  ])
  func `a configuration that makes no sense is refused`(key: String, value: GGUFValue) throws {
    var model = TinyTransformer()
    model.metadata.removeAll { $0.0 == key }
    model.metadata.append((key, value))
    let file = try model.file()
    #expect(throws: ModelError.self) { try Configuration(file) }
  }
}

/// What is checked before any computation.
@Suite struct MatrixCheckTests {
  @Test(arguments: [
    ("llama.feed_forward_length", GGUFValue.uint32(1 << 24), "blk.0.ffn_up.weight"),
    ("llama.attention.head_count", .uint32(12), "blk.0.attn_q.weight"),
  ])
  func `dimensions without the tensors for them are refused before anything is computed for them`(
    key: String, value: GGUFValue, wrong: String
  ) throws {
    var model = TinyTransformer()
    model.metadata.removeAll { $0.0 == key || $0.0 == "llama.attention.key_length" }
    model.metadata += [(key, value), ("llama.attention.key_length", .uint32(4))]
    let file = try model.file()
    let configuration = try Configuration(file)
    #expect {
      try Weights.checkMatrices(file, configuration)
    } throws: { error in
      if case ModelError.wrongShape(tensor: wrong, _, _) = error { true } else { false }
    }
  }
}

/// Decoding of many prompts with slots that are refilled.
@Suite struct GeneratorTests {
  @Test func `slots are refilled and answers come in order`() throws {
    let forward = try TransformerTests.forward(TinyTransformer(), threads: 2)
    let requests = (0..<23).map { n in
      GenerationRequest(prompt: (0...n % 5).map { (k: Int) in TokenID((k + n * 3) % 100) }, maxTokens: n % 7 + 1)
    }
    func answers(batch: Int) throws -> [Generation] {
      var order: [Int] = []
      var answers: [Generation] = []
      try Generator(forward: forward, endOfGeneration: [5, 40], batch: batch).run(requests) {
        order.append($0)
        answers.append($1)
      }
      #expect(order == Array(0..<23))
      return answers
    }
    let alone = try answers(batch: 1)
    for (request, answer) in zip(requests, alone) {
      #expect(answer.tokens.count <= request.maxTokens)
      #expect(answer.logProbabilities.count == answer.tokens.count && answer.margins.count == answer.tokens.count)
      let isEnd = [5, 40].contains(answer.tokens.last!)
      #expect((answer.finish == .eos) == isEnd)
      #expect(isEnd || answer.tokens.count == request.maxTokens)
    }
    for batch in [2, 7, 64] { #expect(try answers(batch: batch) == alone) }
  }

  @Test func `memory bounds the sequences in flight, and changes no answer`() throws {
    let forward = try TransformerTests.forward(TinyTransformer())
    let requests = (0..<8).map { GenerationRequest(prompt: [TokenID($0)], maxTokens: 31) }
    func answers(cacheTokens: Int) throws -> (answers: [Generation], inFlight: Int) {
      var (answers, inFlight): ([Generation], Int) = ([], 0)
      try Generator(
        forward: forward, endOfGeneration: [], batch: 8,
        cacheBytes: cacheTokens * forward.configuration.cacheBytesPerToken(forward.cacheFormat)
      ).run(requests, progress: { inFlight = max(inFlight, $0) }) { answers.append($1) }
      return (answers, inFlight)
    }
    let together = try answers(cacheTokens: 8 * 32)
    #expect(together.inFlight == 8)
    for (cacheTokens, inFlight) in [(0, 1), (32, 1), (95, 2), (96, 3)] {
      let bounded = try answers(cacheTokens: cacheTokens)
      #expect(bounded.inFlight == inFlight && bounded.answers == together.answers)
    }
  }

  @Test func `the context length ends an answer, and a longer prompt is refused`() throws {
    let forward = try TransformerTests.forward(TinyTransformer())
    let generator = Generator(forward: forward, endOfGeneration: [], batch: 2)
    var answer: Generation?
    try generator.run([GenerationRequest(prompt: [TokenID](repeating: 1, count: 60), maxTokens: 50)]) { answer = $1 }
    #expect(answer?.tokens.count == 4)
    #expect(answer?.finish == .length)
    for (prompt, error) in [
      ([TokenID](repeating: 1, count: 64), GenerationError.promptTooLong(request: 0, tokens: 64, contextLength: 64)),
      ([], .emptyPrompt(request: 0)), ([100], .tokenOutsideVocabulary(request: 0, token: 100, vocabulary: 100)),
      ([-1], .tokenOutsideVocabulary(request: 0, token: -1, vocabulary: 100)),
    ] {
      #expect(throws: error) { try generator.run([GenerationRequest(prompt: prompt, maxTokens: 1)]) { _, _ in } }
    }
  }

  @Test func `a cancelled run keeps what was handed over`() throws {
    let forward = try TransformerTests.forward(TinyTransformer())
    let requests = (0..<10).map { GenerationRequest(prompt: [TokenID($0)], maxTokens: 3) }
    var answers = 0
    let count = try Generator(forward: forward, endOfGeneration: [], batch: 2)
      .run(requests, isCancelled: { answers >= 4 }) { _, _ in answers += 1 }
    #expect(count == 4 && answers == 4)
  }
}
