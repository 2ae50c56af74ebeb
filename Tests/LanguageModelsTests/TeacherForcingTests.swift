import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// Texts read window by window: what is scored, and that it is what generation computes.
struct TeacherForcingTests {
  @Test func `llama.cpp's rule scores the second half of whole windows`() throws {
    let tokens = (0..<35).map { Int32($0) }
    let windows = try ScoringRule.lastHalf.windows(tokens, contextLength: 16, bos: 99)
    #expect(windows.map(\.scored) == [8..<15, 8..<15])
    #expect(windows[1].tokens == [99] + (17..<32))
    #expect(windows[1].targets == Array(25..<32))
    #expect(throws: TextTooShort(tokens: 31, needed: 32)) {
      try ScoringRule.lastHalf.windows(Array(tokens.prefix(31)), contextLength: 16, bos: nil)
    }
  }

  @Test func `the rule all scores every token but the first of each window`() throws {
    let tokens = (0..<35).map { Int32($0) }
    let windows = try ScoringRule.all.windows(tokens, contextLength: 16, bos: nil)
    #expect(windows.map(\.scored.count) == [15, 15, 2])
    #expect(windows.flatMap(\.targets) == (0..<35).filter { $0 % 16 != 0 })
    // A single token at the end has nothing before it.
    #expect(try ScoringRule.all.windows(Array(tokens.prefix(33)), contextLength: 16, bos: nil).count == 2)
    #expect(try ScoringRule.all.windows(tokens, contextLength: 16, bos: nil, limit: 1).count == 1)
  }

  @Test(arguments: ["fp32", "fp16", "int8", "int8:weights=per-tensor,activations=per-tensor", "int4"])
  func `a forced answer has the logits of its generation, bit for bit`(scheme: String) throws {
    let forward = try Tiny.forward(scheme)
    let prompt: [TokenID] = [3, 14, 15, 92, 6]
    let generation = try #require(try Tiny.generate(forward, prompt, maxTokens: 12))
    let evaluation = TeacherForcedEvaluation(reference: ForwardLogits(forward), pool: forward.pool)
    var forced: [LogitSummary] = []
    try evaluation.read(TextWindow(index: 0, prompt: prompt, answer: generation.tokens)) {
      forced += $0.reference.summaries
    }
    #expect(forced.map(\.bestIndex) == generation.tokens)
    #expect(forced.map(\.bestLogProbability) == generation.logProbabilities)
    #expect(forced.map(\.margin) == generation.margins)
  }

  @Test func `blocks, kept residuals and threads change nothing`() throws {
    let tokens = (0..<60).map { Int32(($0 * 37 + 11) % 100) }
    let window = TextWindow(index: 0, tokens: tokens, scored: 0..<59, targets: Array(tokens.dropFirst()))
    func run(threads: Int, kept: Int, times: Int) throws -> [LogitComparison] {
      let (reference, submission) = (
        try Tiny.forward("fp32", threads: threads), try Tiny.forward("int8", threads: threads)
      )
      let evaluation = TeacherForcedEvaluation(
        reference: ForwardLogits(reference, keptBytes: kept), submission: ForwardLogits(submission),
        pool: reference.pool)
      var result: [LogitComparison] = []
      for _ in 0..<times {
        result = []
        try evaluation.read(window) { result += $0.comparisons }
      }
      return result
    }
    let once = try run(threads: 1, kept: 0, times: 1)
    #expect(once.count == 59 && once.allSatisfy { $0.divergence > 0 })
    #expect(try run(threads: 2, kept: 1 << 20, times: 2) == once)
  }

  @Test func `divergence and rank are those of the definition`() throws {
    let tokens: [TokenID] = (0..<24).map { Int32(($0 * 29 + 5) % 100) }
    let window = TextWindow(index: 0, tokens: tokens, scored: 3..<20, targets: Array(tokens[4..<21]))
    let (reference, submission) = (try Tiny.forward("fp32"), try Tiny.forward("int4"))
    let evaluation = TeacherForcedEvaluation(
      reference: ForwardLogits(reference), submission: ForwardLogits(submission), pool: reference.pool)
    try evaluation.read(window) { block in
      let other = try #require(block.submission)
      for token in block.range.indices.map({ $0 - block.range.lowerBound }) {
        func logProbabilities(_ block: LogitBlock) -> [Double] {
          let logits = block.tiles.token(token).map(Double.init)
          let total = log(logits.reduce(0) { $0 + exp($1) })
          return logits.map { $0 - total }
        }
        let (p, q) = (logProbabilities(block.reference), logProbabilities(other))
        let divergence = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        let comparison = block.comparisons[token]
        #expect(abs(comparison.divergence - divergence) < 1e-12)
        let best = p.indices.max { p[$0] < p[$1] }!
        #expect(comparison.rank == q.count { $0 > q[best] })
        let top = block.reference.top(5, of: token)
        #expect(top.map { Int($0.entry) } == p.indices.sorted { p[$0] > p[$1] }.prefix(5).map { $0 })
        #expect(block.reference[token, top[2].entry] == top[2].logit)
      }
    }
  }

  @Test func `rounding noise is small, seeded and the same for every shape of computation`() throws {
    let tokens: [TokenID] = (0..<40).map { Int32(($0 * 13 + 1) % 100) }
    let window = TextWindow(index: 0, tokens: tokens, scored: 0..<39, targets: Array(tokens.dropFirst()))
    func divergences(_ noise: RoundingNoise?, threads: Int = 2) throws -> [Double] {
      let plain = try Tiny.forward("fp32", threads: threads)
      let evaluation = TeacherForcedEvaluation(
        reference: ForwardLogits(plain), submission: ForwardLogits(try Tiny.forward("fp32", noise: noise)),
        pool: plain.pool)
      var result: [Double] = []
      try evaluation.read(window) { result += $0.comparisons.map(\.divergence) }
      return result
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    #expect(try divergences(nil).allSatisfy { $0 == 0 })
    let fp16 = try divergences(RoundingNoise(format: .fp16, seed: 1))
    let bf16 = try divergences(RoundingNoise(format: .bf16, seed: 1))
    #expect(mean(fp16) > 0 && mean(fp16) < 1e-4)
    // The divergence grows with the square of the error: 64 times for 8 times.
    #expect((16...256).contains(mean(bf16) / mean(fp16)))
    #expect(try divergences(RoundingNoise(format: .fp16, seed: 1), threads: 1) == fp16)
    #expect(try divergences(RoundingNoise(format: .fp16, seed: 2)) != fp16)
  }

  @Test(arguments: ["fp32", "int8:weights=per-tensor,activations=per-tensor", "int4"])
  func `an answer that goes on from its own beginning is the same answer`(scheme: String) throws {
    let forward = try Tiny.forward(scheme)
    let prompt: [TokenID] = [3, 14, 15, 92, 6]
    let whole = try #require(try Tiny.generate(forward, prompt, maxTokens: 12))
    for count in [1, 5, 11] {
      let prefix = Array(whole.tokens.prefix(count))
      var result: Generation?
      try Generator(forward: forward, endOfGeneration: [], batch: 1)
        .run([GenerationRequest(prompt: prompt, prefix: prefix, maxTokens: 12)]) { result = $1 }
      #expect(result?.tokens == whole.tokens, "\(count)")
      #expect(result?.logProbabilities == Array(whole.logProbabilities.dropFirst(count)))
    }
  }
}

/// The tiny transformer, ready to run.
enum Tiny {
  static func forward(_ scheme: String, threads: Int = 2, noise: RoundingNoise? = nil) throws -> Forward {
    let file = try TinyTransformer().file()
    let configuration = try Configuration(file)
    let pool = WorkerPool(threads: threads)
    let profile = try configuration.kernelProfile()
    let weights = try Weights(
      file, configuration: configuration, scheme: Scheme(scheme), profile: profile, pool: pool)
    return Forward(
      configuration: configuration, weights: weights, cacheFormat: .fp32, profile: profile, pool: pool, noise: noise)
  }

  static func generate(_ forward: Forward, _ prompt: [TokenID], maxTokens: Int) throws -> Generation? {
    var result: Generation?
    try Generator(forward: forward, endOfGeneration: [], batch: 1)
      .run([GenerationRequest(prompt: prompt, maxTokens: maxTokens)]) { result = $1 }
    return result
  }
}

/// Perplexity on the real model against transformers (Fixtures/Perplexity/HOW-MADE.md).
@Suite(.serialized) struct PerplexityModelTests {
  struct Golden: Decodable {
    struct Rule: Decodable {
      let scored: Int
      let nll_mean, ppl: Double
      let ppl_stderr: Double?
      let bits_per_byte: Double?
      let chunk_nll_sums: [Double]?
    }
    let llama_cpp_rule_ctx512, plain_ctx512, llama_cpp_rule_ctx2048, plain_ctx2048: Rule
  }

  @Test(arguments: [("llama", 512), ("plain", 512), ("llama", 2048), ("plain", 2048)])
  func `perplexity agrees with transformers to 1e-4`(rule: String, context: Int) throws {
    let golden = try JSONDecoder().decode(Golden.self, from: Data(fixture("Perplexity/ppl.json")))
    let expected =
      switch (rule, context) {
      case ("llama", 512): golden.llama_cpp_rule_ctx512
      case ("plain", 512): golden.plain_ctx512
      case ("llama", _): golden.llama_cpp_rule_ctx2048
      default: golden.plain_ctx2048
      }
    let tokens = try JSONDecoder().decode([TokenID].self, from: Data(fixture("Perplexity/ppl_tokens.json")))
    let text = String(decoding: try fixture("Perplexity/ppl_text.txt"), as: UTF8.self)
    let model = try RealModel.shared()
    #expect(model.tokens(for: text) == tokens)
    let windows = try (rule == "llama" ? ScoringRule.lastHalf : .all).windows(
      tokens, contextLength: context, bos: nil)
    let forward = try RealModelTests.forward()
    let evaluation = TeacherForcedEvaluation(reference: ForwardLogits(forward), pool: forward.pool)
    var sums: [Double] = []
    for window in windows {
      var sum = 0.0
      try evaluation.read(window) { block in
        for summary in block.reference.summaries { sum -= try #require(summary.targetLogProbability) }
      }
      sums.append(sum)
    }
    let scored = windows.reduce(0) { $0 + $1.scored.count }
    #expect(scored == expected.scored)
    let perplexity = exp(sums.reduce(0, +) / Double(scored))
    #expect(abs(perplexity / expected.ppl - 1) < 1e-4, "\(perplexity)")
    for (sum, golden) in zip(sums, expected.chunk_nll_sums ?? []) { #expect(abs(sum / golden - 1) < 1e-4) }
  }
}
