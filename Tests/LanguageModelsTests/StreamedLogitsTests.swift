import Foundation
import Testing

@testable import LanguageModels
@testable import Tensors

/// Layers one at a time give what all layers at once give, bit for bit.
@Suite struct StreamedLogitsTests {
  struct Cancelled: Error {}

  /// Every logit's bits of all scored positions.
  static func bits(_ source: any LogitSource, _ windows: [TextWindow]) throws -> [[UInt32]] {
    try windows.flatMap { window in
      try source.read(window)
      let block = try source.logits(0..<window.scored.count)
      return (0..<window.scored.count).map { block.tiles.token($0).map(\.bitPattern) }
    }
  }

  /// Three windows, one of them not full, one with tokens that were decoded one by one.
  static let windows: [TextWindow] = {
    let tokens = (0..<55).map { TokenID($0 * 37 % 100) }
    return [
      TextWindow(index: 0, tokens: Array(tokens[0..<23]), scored: 11..<23, targets: Array(tokens[1..<13])),
      TextWindow(
        index: 1, tokens: Array(tokens[23..<40]), scored: 0..<17, targets: Array(tokens[0..<17]), wholeTensor: 9),
      TextWindow(index: 2, tokens: Array(tokens[40...]), scored: 3..<15, targets: Array(tokens[0..<12])),
    ]
  }()

  @Test(arguments: [
    "fp32", "fp16", "int8", "int8:weights=per-tensor,activations=per-tensor", "int4", "fp32:kv=int8", "int8:kv=int4",
    "q8_0", "mxfp6:kv=fp16", "int8:outliers=1.5", "fp32:prune=2:4",
  ])
  func `streamed layers give the bits of layers in memory`(scheme: String) throws {
    let model = try TinyTransformer(tied: false, ropeFactors: true).file()
    let configuration = try Configuration(model)
    let parsed = try Scheme(scheme)
    let pool = WorkerPool(threads: 2)
    let profile = try configuration.kernelProfile()
    let weights = try Weights(model, configuration: configuration, scheme: parsed, profile: profile, pool: pool)
    let forward = Forward(
      configuration: configuration, weights: weights, cacheFormat: parsed.cache, profile: profile, pool: pool)
    let inMemory = try Self.bits(ForwardLogits(forward), Self.windows)
    for (threads, folder) in [(1, nil), (2, FileManager.default.temporaryDirectory.path())] {
      var layers: [Int] = []
      let streamed = try StreamedLogits(
        model, configuration: configuration, scheme: parsed, windows: Self.windows, threads: threads,
        options: .init(spillFolder: folder) { layers.append($0) })
      #expect(try Self.bits(streamed, Self.windows) == inMemory)
      // Windows can be read again without reading the weights again.
      #expect(try Self.bits(streamed, [Self.windows[1]]) == Array(inMemory[12..<29]))
      #expect(layers == [1, 2])
    }
  }

  @Test func `schemes that need calibration are refused, not run without it`() throws {
    let model = try TinyTransformer().file()
    #expect(throws: ModelError.needsCalibration(scheme: "int8:activations=static")) {
      try StreamedLogits(
        model, configuration: Configuration(model), scheme: Scheme("int8:activations=static"), windows: Self.windows,
        threads: 1, options: .init())
    }
  }

  @Test func `what the progress throws ends the reading, and a folder that is not there is named`() throws {
    let model = try TinyTransformer().file()
    let configuration = try Configuration(model)
    let stopped = try StreamedLogits(
      model, configuration: configuration, scheme: .reference, windows: Self.windows, threads: 1,
      options: .init { _ in throw Cancelled() })
    #expect(throws: Cancelled.self) { try stopped.read(Self.windows[0]) }
    let homeless = try StreamedLogits(
      model, configuration: configuration, scheme: .reference, windows: Self.windows, threads: 1,
      options: .init(spillFolder: "/nonexistent"))
    #expect(throws: MappedFileError.self) { try homeless.read(Self.windows[0]) }
  }
}
