import Foundation
import LanguageModels
import Tensors

// Times the engine on one model: `EngineBenchmark MODEL [scheme ...]`. One line a figure: what, scheme, value, unit.
// The figures are meant to be divided by each other or by a peer's of the same minutes; alone they say little.

let arguments = CommandLine.arguments.dropFirst()
guard let path = arguments.first else {
  print("usage: EngineBenchmark MODEL [peak|prefill|decode40|decode1|bandwidth]... [--schemes fp32,fp16,int8]")
  exit(64)
}
var modes = arguments.dropFirst().filter { !$0.hasPrefix("--") }
if modes.isEmpty { modes = ["peak", "bandwidth", "prefill", "decode40", "decode1"] }
let schemes = try (arguments.first { $0.hasPrefix("--schemes=") }?.dropFirst("--schemes=".count) ?? "fp32,fp16,int8")
  .split(separator: ",").map { try Scheme(String($0)) }
let rounds = 3
let threads = 2

func report(_ what: String, _ scheme: String, _ value: Double, _ unit: String) {
  print("\(what)\t\(scheme)\t\(String(format: "%.1f", value))\t\(unit)")
  fflush(nil)
}

/// The best of a few rounds, in events a second.
func rate(_ events: Int, rounds: Int = rounds, _ body: () throws -> Void) rethrows -> Double {
  var best = 0.0
  for _ in 0..<rounds {
    let clock = ContinuousClock()
    let time = try clock.measure(body)
    best = max(best, Double(events) / (time / .seconds(1)))
  }
  return best
}

let model = try LanguageModel(path: path)
let configuration = model.configuration
/// Operations of one token in the linear layers of all blocks, two a weight.
let layerOperations =
  2 * Double(configuration.layers)
  * Double(
    2 * configuration.queryWidth * configuration.width + 2 * configuration.kvWidth * configuration.width
      + 3 * configuration.feedForwardWidth * configuration.width)

func prompt(_ seed: Int, _ count: Int) -> [TokenID] {
  (0..<count).map { TokenID(1000 + (seed * 7919 + $0 * 104_729) % 40_000) }
}

func generate(_ forward: Forward, prompts: Int, tokens: Int, new: Int, batch: Int) throws {
  let requests = (0..<prompts).map { GenerationRequest(prompt: prompt($0, tokens), maxTokens: new) }
  // No token ends a text, so that every round does the same work.
  try Generator(forward: forward, endOfGeneration: [], batch: batch).run(requests) { _, _ in }
}

if modes.contains("peak") {
  let shapes = [
    (configuration.queryWidth, configuration.width), (configuration.feedForwardWidth, configuration.width),
    (configuration.width, configuration.feedForwardWidth),
  ]
  let peaks = shapes.map { MachinePeak.gemm(rows: $0.0, columns: $0.1, tokens: 512, threads: threads) / 1e9 }
  report("sgemm", "-", peaks.max()!, "GFLOP/s")
  report("gflops", "sgemm-peak", peaks.max()!, "GFLOP/s")
}
if modes.contains("bandwidth") {
  report("memory", "-", MachinePeak.readBandwidth(threads: threads) / 1e9, "GB/s")
}
for scheme in schemes {
  let forward = try model.forward(scheme: scheme, threads: threads)
  let name = scheme.description
  if modes.contains("prefill") {
    try generate(forward, prompts: 1, tokens: 512, new: 1, batch: 1)
    let tokens = try rate(4 * 512) { try generate(forward, prompts: 4, tokens: 512, new: 1, batch: 1) }
    report("prefill", name, tokens, "tokens/s")
    report("gflops", name, tokens * layerOperations / 1e9, "GFLOP/s")
  }
  if modes.contains("decode40") {
    let prefill = try rate(1) { try generate(forward, prompts: 40, tokens: 128, new: 1, batch: 40) }
    let whole = try rate(1) { try generate(forward, prompts: 40, tokens: 128, new: 96, batch: 40) }
    report("decode40", name, 40 * 95 / (1 / whole - 1 / prefill), "tokens/s")
  }
  if modes.contains("decode1") {
    let prefill = try rate(1) { try generate(forward, prompts: 1, tokens: 8, new: 1, batch: 1) }
    let whole = try rate(1) { try generate(forward, prompts: 1, tokens: 8, new: 65, batch: 1) }
    report("decode1", name, 64 / (1 / whole - 1 / prefill), "tokens/s")
  }
}
