import CKernels
import Testing

@testable import Tensors

/// Keys and values in their small forms, and attention that reads them.
@Suite struct KeyValueCacheTests {
  struct Shape {
    let heads, group, headSize, length: Int
  }
  /// Groups on both sides of the kernel's four heads, head sizes on both sides of its 64 features.
  static let shapes = [
    Shape(heads: 2, group: 3, headSize: 64, length: 37), Shape(heads: 1, group: 1, headSize: 16, length: 16),
    Shape(heads: 1, group: 7, headSize: 82, length: 33), Shape(heads: 3, group: 4, headSize: 128, length: 1),
    Shape(heads: 2, group: 2, headSize: 6, length: 50),
  ]

  /// Keys, values and queries `[position][feature]`; every seventh token is large, every eleventh zero.
  static func values(_ shape: Shape, features: Int, seed: UInt64) -> [[Float]] {
    var state = seed
    return (0..<shape.length).map { token in
      (0..<features).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let value = Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
        return token % 11 == 3 ? 0 : token % 7 == 2 ? value * 40 : value
      }
    }
  }

  static func tiles(_ rows: [[Float]]) -> TokenTiles {
    let shape = TileShape(tokens: rows.count, width: 32)
    let tiles = TokenTiles(features: rows[0].count, width: 32, capacity: shape.lanes)
    for (token, row) in rows.enumerated() { tiles.setToken(token, to: AlignedBuffer(row)) }
    return tiles
  }

  /// What a format makes of one head's vector, by its definition.
  static func roundTrip(_ x: ArraySlice<Float>, _ format: CacheFormat) -> [Float] {
    func integers(_ limit: Float) -> [Float] {
      let largest = x.map(abs).max()!
      let scale = largest == 0 ? 1 : largest / limit
      return x.map { min(limit, max(-limit, ($0 / scale).rounded(.toNearestOrEven))) * scale }
    }
    return switch format {
    case .fp32: Array(x)
    case .fp16: x.map { Float(Float16($0)) }
    case .int8: integers(127)
    case .int4: integers(7)
    }
  }

  static func filled(_ shape: Shape, _ format: CacheFormat, keys: [[Float]], values: [[Float]]) -> KeyValueCache {
    let cache = KeyValueCache(
      layers: 2, heads: shape.heads, headSize: shape.headSize, capacity: shape.length, format: format)
    let (k, v) = (tiles(keys), tiles(values))
    for position in 0..<shape.length {
      for head in 0..<shape.heads {
        #expect(cache.store(layer: 1, head: head, position: position, token: position, keys: k, values: v) == 0)
      }
    }
    return cache
  }

  static func expanded(_ cache: KeyValueCache, _ head: Int, _ position: Int) -> (key: [Float], value: [Float]) {
    let size = cache.headSize
    var (keys, values) = ([Float](repeating: 0, count: 16 * size), [Float](repeating: 0, count: 16 * size))
    var stored = cache.head(head, layer: 1)
    assay_cache_keys(&stored, Int32(position / 16 * 16), Int32(size), &keys)
    assay_cache_values(&stored, Int32(position / 16 * 16), Int32(size), &values)
    let lane = position % 16
    return ((0..<size).map { keys[$0 * 16 + lane] }, Array(values[lane * size..<(lane + 1) * size]))
  }

  @Test(arguments: CacheFormat.allCases, shapes.indices)
  func `what is stored is the definition's, within its error bound`(format: CacheFormat, index: Int) {
    let shape = Self.shapes[index]
    let features = shape.heads * shape.headSize
    let keys = Self.values(shape, features: features, seed: 1)
    let values = Self.values(shape, features: features, seed: 2)
    let cache = Self.filled(shape, format, keys: keys, values: values)
    for position in 0..<shape.length {
      for head in 0..<shape.heads {
        let range = head * shape.headSize..<(head + 1) * shape.headSize
        let stored = Self.expanded(cache, head, position)
        for (source, result) in [(keys[position][range], stored.key), (values[position][range], stored.value)] {
          #expect(result == Self.roundTrip(source, format))
          let largest = source.map(abs).max()!
          let bound: Float =
            switch format {
            case .fp32: 0
            case .fp16: largest / 2048
            case .int8: largest / 254 * 1.00001
            case .int4: largest / 14 * 1.00001
            }
          for (a, b) in zip(source, result) { #expect(abs(a - b) <= bound) }
        }
      }
    }
  }

  @Test(arguments: CacheFormat.allCases, shapes.indices)
  func `attention reads what is stored`(format: CacheFormat, index: Int) {
    let shape = Self.shapes[index]
    let features = shape.heads * shape.headSize
    let keys = Self.values(shape, features: features, seed: 3)
    let values = Self.values(shape, features: features, seed: 4)
    let queries = Self.values(shape, features: features * shape.group, seed: 5)
    func attend(_ format: CacheFormat, keys: [[Float]], values: [[Float]], threads: Int) -> [[Float]] {
      let cache = KeyValueCache(
        layers: 2, heads: shape.heads, headSize: shape.headSize, capacity: shape.length, format: format)
      let out = TokenTiles(features: features * shape.group, width: 32, capacity: 64)
      let overflows = WorkerPool(threads: threads).attention(
        layer: 1, tokens: (0..<shape.length).map { TokenPosition(cache: cache, position: $0) },
        queries: Self.tiles(queries), keys: Self.tiles(keys), values: Self.tiles(values), into: out, scale: 0.01)
      #expect(overflows == 0)
      return (0..<shape.length).map(out.token)
    }
    func stored(_ rows: [[Float]]) -> [[Float]] {
      rows.map { row in
        (0..<shape.heads).flatMap { Self.roundTrip(row[$0 * shape.headSize..<($0 + 1) * shape.headSize], format) }
      }
    }
    let ours = attend(format, keys: keys, values: values, threads: 1)
    #expect(ours == attend(format, keys: keys, values: values, threads: 2))
    #expect(ours == attend(.fp32, keys: stored(keys), values: stored(values), threads: 1))
    let exact = Self.reference(shape, queries: queries, keys: stored(keys), values: stored(values), scale: 0.01)
    for (row, expected) in zip(ours, exact) {
      for (a, b) in zip(row, expected) { #expect(abs(Double(a) - b) < 5e-4 * max(1, abs(b))) }
    }
  }

  /// Causal attention by its definition, in Float64.
  static func reference(
    _ shape: Shape, queries: [[Float]], keys: [[Float]], values: [[Float]], scale: Double
  ) -> [[Double]] {
    (0..<shape.length).map { token in
      (0..<shape.heads * shape.group).flatMap { (head: Int) -> [Double] in
        let (first, own) = (head / shape.group * shape.headSize, head * shape.headSize)
        let scores = (0...token).map { other in
          (0..<shape.headSize).reduce(0.0) { $0 + Double(queries[token][own + $1]) * Double(keys[other][first + $1]) }
            * scale
        }
        let weights = scores.map { exponential($0 - scores.max()!) }
        let total = weights.reduce(0, +)
        return (0..<shape.headSize).map { d in
          (0...token).reduce(0.0) { $0 + weights[$1] * Double(values[$1][first + d]) } / total
        }
      }
    }
  }

  private static func exponential(_ x: Double) -> Double { assay_exp(x) }

  @Test(arguments: [(CacheFormat.fp32, 512), (.fp16, 256), (.int8, 136), (.int4, 72)])
  func `a cache takes the bytes that are stated`(format: CacheFormat, bytes: Int) {
    #expect(format.bytesPerToken(headSize: 64) == bytes)
    let cache = KeyValueCache(layers: 3, heads: 2, headSize: 64, capacity: 90, format: format)
    #expect(cache.capacity == 96)
    #expect(cache.byteCount == 3 * 2 * 96 * bytes)
  }

  @Test func `an overflow in FP16 is counted, and no number stays no number`() {
    for format in CacheFormat.allCases {
      let cache = KeyValueCache(layers: 2, heads: 1, headSize: 4, capacity: 1, format: format)
      let lost = cache.store(
        layer: 1, head: 0, position: 0, token: 0, keys: Self.tiles([[1e6, -1, 0, 2]]),
        values: Self.tiles([[.nan, 1, 2, 3]]))
      #expect(lost == (format == .fp16 ? 1 : 0))
      let stored = Self.expanded(cache, 0, 0)
      #expect(stored.key[0] == (format == .fp16 ? .infinity : 1e6))
      #expect(stored.value[0].isNaN, "\(format)")
    }
  }
}
