import Testing

@testable import Tensors

/// Attention of many tokens of a prompt at once against the same tokens one by one.
@Suite struct AttentionTileTests {
  typealias Shape = KeyValueCacheTests.Shape

  /// Tokens of a step: runs of two sequences, in an order that cuts tiles of 32 lanes at odd places.
  private static let steps = [
    [(0, 0..<40), (1, 0..<7), (0, 40..<49), (1, 7..<31)], [(1, 0..<3), (0, 0..<96), (1, 3..<20)],
  ]
  private static let limits: [(window: Int?, softCap: Float?)] = [(nil, nil), (1, nil), (13, nil), (40, 2)]

  @Test(arguments: CacheFormat.allCases, KeyValueCacheTests.shapes.indices)
  func `a prompt's tokens together have the bits of each by itself`(format: CacheFormat, index: Int) {
    let shape = KeyValueCacheTests.shapes[index]
    let features = shape.heads * shape.headSize
    for (step, runs) in Self.steps.enumerated() {
      let count = runs.reduce(0) { $0 + $1.1.count }
      let all = Shape(heads: shape.heads, group: shape.group, headSize: shape.headSize, length: count)
      let keys = KeyValueCacheTests.values(all, features: features, seed: 3)
      var values = KeyValueCacheTests.values(all, features: features, seed: 4)
      // A value that the tokens before it must not see, not even multiplied by zero.
      values[count - 1][0] = format == .fp16 ? 0 : .infinity
      let queries = KeyValueCacheTests.values(all, features: features * shape.group, seed: 5)

      func attend(limit: (window: Int?, softCap: Float?), stepSizes: [Int]) -> [[UInt32]] {
        let caches = (0..<2).map { _ in
          KeyValueCache(
            layers: 2, heads: shape.heads, headSize: shape.headSize, capacity: 96, format: format)
        }
        let places = runs.flatMap { run in run.1.map { TokenPosition(cache: caches[run.0], position: $0) } }
        var result: [[UInt32]] = []
        for size in stepSizes {
          let range = result.count..<result.count + size
          let out = TokenTiles(features: features * shape.group, width: 32, capacity: (size + 31) / 32 * 32)
          let lost = WorkerPool(threads: 2).attention(
            layer: 1, tokens: Array(places[range]), queries: KeyValueCacheTests.tiles(Array(queries[range])),
            keys: KeyValueCacheTests.tiles(Array(keys[range])), values: KeyValueCacheTests.tiles(Array(values[range])),
            into: out, scale: 0.125, window: limit.window, softCap: limit.softCap)
          #expect(lost == 0)
          result += range.indices.map { out.token($0 - range.lowerBound).map(\.bitPattern) }
        }
        return result
      }
      for limit in Self.limits {
        let together = attend(limit: limit, stepSizes: [count])
        let alone = attend(limit: limit, stepSizes: Array(repeating: 1, count: count))
        let different = zip(together, alone).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
        #expect(different.isEmpty, "step \(step), \(limit)")
      }
    }
  }
}
