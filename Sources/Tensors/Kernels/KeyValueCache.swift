import CKernels

/// How the keys and values of a sequence are stored.
package enum CacheFormat: String, CaseIterable, Hashable, Sendable {
  case fp32
  /// Rounded to binary16, ties to even.
  case fp16
  /// Symmetric absmax/127 of each token and head, round half to even, an FP32 scale each.
  case int8
  /// Symmetric absmax/7 of each token and head, two values to a byte.
  case int4

  var type: Int {
    switch self {
    case .fp32: assay_cache_fp32
    case .fp16: assay_cache_fp16
    case .int8: assay_cache_int8
    case .int4: assay_cache_int4
    }
  }

  private var bitsPerElement: Int {
    switch self {
    case .fp32: 32
    case .fp16: 16
    case .int8: 8
    case .int4: 4
    }
  }

  var hasScales: Bool { self == .int8 || self == .int4 }

  /// Bytes of one key and one value of one head, scales included; an even head size.
  package func bytesPerToken(headSize: Int) -> Int {
    2 * (headSize * bitsPerElement / 8 + (hasScales ? MemoryLayout<Float>.size : 0))
  }

  func elementBytes(_ elements: Int) -> Int { elements * bitsPerElement / 8 }
}

/// Keys and values of one sequence, for all layers, in the form that a format gives them.
///
/// Keys lie in blocks of 16 positions, `[head][block][feature][16]`, so that a query meets 16 positions at once
/// without a sum across lanes; values lie `[head][position][feature]`.
package final class KeyValueCache {
  package let format: CacheFormat
  package let capacity: Int
  let heads: Int
  let headSize: Int
  private let keys: AlignedBuffer<UInt8>
  private let values: AlignedBuffer<UInt8>
  private let keyScales: AlignedBuffer<Float>
  private let valueScales: AlignedBuffer<Float>

  /// - Parameters:
  ///   - headSize: even.
  ///   - capacity: positions, rounded up to a multiple of 16.
  package init(layers: Int, heads: Int, headSize: Int, capacity: Int, format: CacheFormat) {
    precondition(headSize % 2 == 0, "a head has an even size")
    self.capacity = Self.rounded(capacity)
    self.format = format
    self.heads = heads
    self.headSize = headSize
    let positions = layers * heads * self.capacity
    keys = AlignedBuffer(count: format.elementBytes(positions * headSize))
    values = AlignedBuffer(count: format.elementBytes(positions * headSize))
    keyScales = AlignedBuffer(count: format.hasScales ? positions : 0)
    valueScales = AlignedBuffer(count: format.hasScales ? positions : 0)
  }

  /// Bytes of all keys, values and scales.
  package var byteCount: Int {
    keys.count + values.count + (keyScales.count + valueScales.count) * MemoryLayout<Float>.size
  }

  /// The positions that a cache for so many really has.
  package static func rounded(_ capacity: Int) -> Int { (capacity + 15) / 16 * 16 }

  /// One head of one layer, valid as long as the cache.
  func head(_ head: Int, layer: Int) -> assay_cache {
    let first = (layer * heads + head) * capacity
    let byte = format.elementBytes(first * headSize)
    let scale = format.hasScales ? first : 0
    return assay_cache(
      type: Int32(format.type), keys: keys.base + byte, values: values.base + byte,
      key_scales: keyScales.base + scale, value_scales: valueScales.base + scale)
  }

  /// Stores the key and value of one token at a position, for one head.
  ///
  /// Not for two positions of a head at once: in INT4 they may share a byte.
  /// - Returns: how many finite values became infinite in FP16.
  func store(
    layer: Int, head: Int, position: Int, token: Int, keys source: TokenTiles, values valueSource: TokenTiles
  ) -> Int {
    precondition(position < capacity, "position beyond the cache")
    let key = assay_scratch(2 * headSize * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    let value = key + headSize
    source.getToken(token, first: head * headSize, count: headSize, into: key)
    valueSource.getToken(token, first: head * headSize, count: headSize, into: value)
    var cache = self.head(head, layer: layer)
    return assay_cache_store(&cache, key, value, Int32(position), Int32(headSize))
  }
}
