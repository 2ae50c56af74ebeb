import Analysis
import Foundation
import LanguageModels
import Metrics
import Statistics
import Tensors
import Testing

@testable import assay

/// A model with a planted confident change, through the whole job: near-ties are forgiven, the change never is.
struct PlantedChangeTests {
  /// A Llama of random weights with an output matrix of its own; a token is a letter, or a space and a letter.
  struct SmallModel {
    static let (vocabulary, width, heads, feedForward, layers) = (55, 24, 6, 40, 2)
    static let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
    static let tokens = ["<unk>", "<s>", "</s>"] + letters + letters.map { "▁" + $0 }
    private(set) var tensors: [(name: String, dimensions: [Int], values: [Float])] = []

    init(seed: UInt64) {
      var state = seed
      func add(_ name: String, _ dimensions: Int..., scale: Float = 0.8, shift: Float = 0) {
        let values = (0..<dimensions.reduce(1, *)).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return (Float(state >> 40) / Float(1 << 24) - 0.5) * scale + shift
        }
        tensors.append((name, dimensions, values))
      }
      add("token_embd.weight", Self.width, Self.vocabulary)
      for block in (0..<Self.layers).map({ "blk.\($0)." }) {
        for norm in ["attn_norm", "ffn_norm"] { add("\(block)\(norm).weight", Self.width, scale: 1, shift: 1) }
        for matrix in ["q", "k", "v", "output"] { add("\(block)attn_\(matrix).weight", Self.width, Self.width) }
        for matrix in ["gate", "up"] { add("\(block)ffn_\(matrix).weight", Self.width, Self.feedForward) }
        add("\(block)ffn_down.weight", Self.feedForward, Self.width)
      }
      add("output_norm.weight", Self.width, scale: 1, shift: 1)
      add("output.weight", Self.width, Self.vocabulary)
    }

    /// The model that says one token wherever it would say the other.
    func saying(_ one: TokenID, insteadOf other: TokenID) -> SmallModel {
      var changed = self
      let last = tensors.count - 1
      for column in 0..<Self.width {
        changed.tensors[last].values.swapAt(Int(one) * Self.width + column, Int(other) * Self.width + column)
      }
      return changed
    }

    func write(to url: URL) throws {
      var writer = GGUFWriter()
      let numbers = [
        "embedding_length": Self.width, "block_count": Self.layers, "feed_forward_length": Self.feedForward,
        "attention.head_count": Self.heads, "context_length": 128,
      ]
      writer.set("general.architecture", .string("llama"))
      for (key, value) in numbers.sorted(by: { $0.key < $1.key }) { writer.set("llama.\(key)", .uint32(UInt32(value))) }
      writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
      writer.set("tokenizer.ggml.model", .string("llama"))
      writer.set("tokenizer.ggml.tokens", .array(.string(Self.tokens)))
      for tensor in tensors { writer.add(tensor.name, dimensions: tensor.dimensions, type: GGMLType(.f32)) }
      var bytes: [UInt8] = []
      var next = 0
      writer.write(
        to: { bytes += $0 },
        data: { _ in
          defer { next += 1 }
          return tensors[next].values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
          }
        })
      try Data(bytes).write(to: url)
    }
  }

  /// A job on one model, the reference being FP32.
  struct Job {
    static let scheme = Scheme.reference
    static let maxTokens = 24
    let session: Session
    let run: Run

    init(_ model: SmallModel, prompts: PromptSet, in folder: URL, name: String) throws {
      let path = folder.appending(path: "\(name).gguf")
      try model.write(to: path)
      session = try Session(
        model: path.path(), prompts: prompts,
        settings: .init(maxTokens: Self.maxTokens, batch: 4, threads: 2, raw: true))
      run = try Self.answers(session, with: session.load(Self.scheme), name: name)
    }

    static func answers(_ session: Session, with forward: Forward, name: String) throws -> Run {
      var outputs: [Output] = []
      try session.answer(with: forward, prompts: Array(session.requests.indices), progress: nil) { outputs.append($0) }
      return try Run(name: name, provenance: nil, outputs: outputs)
    }

    /// The verdict of gate `reference-ties` on another model's answers.
    func verdict(on submission: Run, with forward: Forward, noise: RoundingNoise) throws -> (
      GateResult, ties: TieAwareRun, trace: LogitTrace
    ) {
      let maker = try TraceMaker(session: session, reference: run, scheme: Self.scheme, quiet: true) { _ in }
      let trace = try maker.trace(Self.scheme, with: forward)
      let ties = try session.tieAware(
        submission, reference: run, trace: trace, threshold: try maker.floor(noise).marginChange, with: forward,
        quiet: true)
      let comparison = try Comparison(
        reference: run, submission: submission, ties: ties, options: ComparisonOptions(gate: .referenceTies))
      return (comparison.deciding, ties, trace)
    }
  }

  static func prompts() throws -> PromptSet {
    let lines = ["ab c", "the d", "q r s", "w x", "m no", "zy"].enumerated().map {
      #"{"id": "p\#($0)", "prompt": "\#($1)"}"#
    }
    return try PromptSet(parsing: Array(lines.joined(separator: "\n").utf8), label: "prompts")
  }

  @Test func `a confident change planted in the model fails, whatever ties are forgiven`() throws {
    let forgiven = try (1...12 as ClosedRange<UInt64>).map(forgivenTies).reduce(0, +)
    // Or the test would say nothing about ties.
    #expect(forgiven > 0)
  }

  /// Both jobs on a random model; returns how many near-ties of the harmless one were forgiven.
  private func forgivenTies(seed: UInt64) throws -> Int {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-planted-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let noise = RoundingNoise(format: .bf16, seed: seed)
    let model = SmallModel(seed: seed)
    let job = try Job(model, prompts: Self.prompts(), in: folder, name: "reference")

    // The same model disturbed by the noise that defines a near-tie keeps everything.
    let disturbed = try job.session.load(Job.scheme, noise: noise)
    let noisy = try Job.answers(job.session, with: disturbed, name: "disturbed")
    let (harmless, ties, _) = try job.verdict(on: noisy, with: disturbed, noise: noise)
    #expect(harmless.category == Category.category1, "seed \(seed)")

    // A token of the first half of an answer that was chosen with a margin no noise can bridge says another one from now on.
    var random = SplitMix64(seed: seed)
    let said = Set(job.run.outputs.compactMap(\.tokens).joined())
    let confident: [TokenID] = job.run.outputs.flatMap { (output: Output) -> [TokenID] in
      zip(output.tokens ?? [], output.margins ?? []).prefix(Job.maxTokens / 2)
        .filter { $0.1 > ties.threshold && $0.0 > 2 }.map(\.0)
    }
    let victim = try #require(confident.randomElement(using: &random))
    let other = try #require(
      (3..<TokenID(SmallModel.vocabulary)).filter { !said.contains($0) }.randomElement(using: &random))
    let planted = try Job(
      model.saying(other, insteadOf: victim), prompts: Self.prompts(), in: folder, name: "planted")
    let forward = try planted.session.load(Job.scheme, noise: noise)
    let answers = try Job.answers(planted.session, with: forward, name: "planted")
    let (broken, led, trace) = try job.verdict(on: answers, with: forward, noise: noise)
    #expect(trace.disagreements.contains { !$0.isNearTie(within: led.threshold) })
    #expect(broken.category == Category.fail, "seed \(seed)")
    return ties.ledBack
  }
}
