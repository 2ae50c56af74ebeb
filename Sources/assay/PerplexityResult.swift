import Analysis
import LanguageModels
import Metrics
import Tensors

/// What `assay perplexity` has found so far.
struct PerplexityResult {
  /// The sums of one chunk, or of several.
  struct Chunk {
    private(set) var likelihood = LikelihoodTally()
    private(set) var distributions = DistributionTally()
    private(set) var nonFinite = 0

    mutating func add(_ block: TeacherForcedEvaluation.Block) {
      for token in block.comparisons.isEmpty ? block.likelihoods : [] {
        guard let token, token.isFinite else {
          nonFinite += 1
          continue
        }
        likelihood.add(token)
      }
      for comparison in block.tokenComparisons { distributions.add(comparison) }
    }

    static func += (sum: inout Chunk, other: Chunk) {
      sum.likelihood += other.likelihood
      sum.distributions += other.distributions
      sum.nonFinite += other.nonFinite
    }
  }

  private let job: PerplexityJob
  private var chunks: [Chunk] = []
  private var total = Chunk()
  /// The base disturbed by rounding noise, against itself.
  private var floor = DistributionTally()

  init(_ job: PerplexityJob) { self.job = job }

  mutating func append(_ chunk: Chunk) {
    chunks.append(chunk)
    total += chunk
  }

  mutating func addFloor(_ block: TeacherForcedEvaluation.Block) {
    for comparison in block.tokenComparisons { floor.add(comparison) }
  }

  private var noiseFloor: NoiseFloor? {
    job.noise.flatMap { NoiseFloor(format: $0.format.rawValue, seed: $0.seed, tally: floor) }
  }

  var scored: Int { job.windows.reduce(0) { $0 + $1.scored.count } }
  var nonFinite: Int { total.nonFinite + total.distributions.nonFinite }
  private var summary: DistributionSummary? { DistributionSummary(total.distributions) }

  /// What is measured, before the first chunk.
  var opening: String {
    let first = job.windows[0]
    let text =
      "\(job.windows.count) chunks of \(job.contextLength) tokens, "
      + (job.rule == .lastHalf ? "the last \(first.scored.count) of each scored" : "all but the first of each scored")
    guard let base = job.against else { return "\(job.title): \(text)" }
    return "Q: \(job.title)\nbase: \(base)\n\(text)\n\n\(PerplexityText.heading)"
  }

  /// The line of the chunk that came last.
  var lastLine: String {
    guard job.against != nil else { return PerplexityText.running(chunk: chunks.count, total.likelihood) }
    return summary.map { PerplexityText.line(chunk: chunks.count, $0) } ?? "no finite logits so far"
  }

  /// The statistics, after the last chunk.
  var closing: String {
    if job.against != nil {
      guard let summary else { return "" }
      return "\n" + PerplexityText.block(summary) + (noiseFloor.map { PerplexityText.floor($0, beside: summary) } ?? "")
    }
    let bits = bitsPerByte.map { "Bits per byte: \($0.printed(4))\n" } ?? ""
    return "\n" + PerplexityText.final(total.likelihood) + "\n" + bits
  }

  /// Only where every token of the text but the first of a chunk counts.
  private var bitsPerByte: Double? {
    job.rule == .all ? job.textBytes.flatMap { total.likelihood.bitsPerByte(bytes: $0) } : nil
  }

  var json: JSON {
    let own = job.against == nil ? total.likelihood : total.distributions.submission
    return .members([
      "schema": "assay.perplexity/1",
      "model": .string(job.title),
      "against": job.against.map(JSON.string) ?? .null,
      "rule": .string(job.rule.rawValue),
      "context": .integer(job.contextLength),
      "tokens": .integer(job.tokens.count),
      "scored": .integer(own.count),
      "non_finite": .integer(nonFinite),
      "nll_mean": .number(own.mean.value),
      "nll_sum": .number(own.sum),
      "ppl": .number(own.perplexity.value),
      "ppl_error": .number(own.perplexity.error),
      "bits_per_byte": bitsPerByte.map(JSON.number) ?? .null,
      "chunks": .array(chunks.map(json)),
      "comparison": summary?.json ?? .null,
      "noise_floor": noiseFloor.map {
        .members([
          "format": .string($0.format), "seed": .string("\($0.seed)"), "comparison": $0.summary.json,
          "times_floor": summary.flatMap { [noiseFloor] in noiseFloor?.multiple(of: $0.meanDivergence.value) }
            .map(JSON.number) ?? .null,
        ])
      } ?? .null,
    ])
  }

  private func json(_ chunk: Chunk) -> JSON {
    guard job.against != nil else { return .members(["nll_sum": .number(chunk.likelihood.sum)]) }
    let tally = chunk.distributions
    return .members([
      "nll_sum": .number(tally.submission.sum), "nll_sum_reference": .number(tally.reference.sum),
      "kld": .number(tally.divergences.reduce(0, +) / Double(max(1, tally.count))),
    ])
  }
}

extension TeacherForcedEvaluation.Block {
  /// -ln p of the token that really follows, with the reference; `nil` where its logits are not finite.
  var likelihoods: [Double?] {
    reference.summaries.map { $0.isFinite ? $0.targetLogProbability.map { -$0 } : nil }
  }

  /// The two models at each position, as metrics see them.
  var tokenComparisons: [TokenComparison] {
    guard let submission else { return [] }
    return zip(comparisons, zip(reference.summaries, submission.summaries)).map { comparison, sides in
      let (base, own) = sides
      let likelihood = reference.isCoded ? own.targetLogProbabilityFP32 : own.targetLogProbability
      return TokenComparison(
        referenceNLL: -(base.targetLogProbability ?? .nan), submissionNLL: -(likelihood ?? .nan),
        divergence: comparison.divergence, rank: comparison.rank, confidence: base.bestProbability,
        isSinglePrecision: reference.isCoded)
    }
  }
}
