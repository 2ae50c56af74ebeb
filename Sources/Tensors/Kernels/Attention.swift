import CKernels

/// Keys and values of one sequence, for all layers.
///
/// Keys lie in blocks of 16 positions, `[head][block][feature][16]`, so that a query meets 16 positions at once
/// without a sum across lanes; values lie `[head][position][feature]`.
package final class KeyValueCache {
  package let capacity: Int
  let heads: Int
  let headSize: Int
  private let keys: AlignedBuffer<Float>
  private let values: AlignedBuffer<Float>

  /// - Parameter capacity: positions, rounded up to a multiple of 16.
  package init(layers: Int, heads: Int, headSize: Int, capacity: Int) {
    self.capacity = (capacity + 15) / 16 * 16
    self.heads = heads
    self.headSize = headSize
    keys = AlignedBuffer(count: layers * heads * headSize * self.capacity)
    values = AlignedBuffer(count: layers * heads * headSize * self.capacity)
  }

  func keys(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    keys.base + (layer * heads + head) * headSize * capacity
  }

  func values(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    values.base + (layer * heads + head) * headSize * capacity
  }

  /// Stores the key and value of one token at a position.
  func store(layer: Int, position: Int, token: Int, keys source: TokenTiles, values valueSource: TokenTiles) {
    precondition(position < capacity, "position beyond the cache")
    let width = source.width
    let key = source.lane(token)
    let value = valueSource.lane(token)
    for head in 0..<heads {
      let k = keys(layer: layer, head: head) + position / 16 * 16 * headSize + position % 16
      let v = values(layer: layer, head: head) + position * headSize
      for d in 0..<headSize {
        k[d * 16] = key[(head * headSize + d) * width]
        v[d] = value[(head * headSize + d) * width]
      }
    }
  }
}

/// A token of a step: where it stands in which sequence.
package struct TokenPosition {
  package let cache: KeyValueCache
  package let position: Int

  package init(cache: KeyValueCache, position: Int) {
    self.cache = cache
    self.position = position
  }
}

extension WorkerPool {
  /// Causal grouped-query attention of each token over its own sequence, up to and including itself.
  ///
  /// Every token is computed by itself in a fixed order, so it never sees the batch.
  /// - Parameters:
  ///   - tokens: one entry a lane, in lane order.
  ///   - window: how many positions a token sees, itself included; `nil` for all before it.
  ///   - softCap: scores become cap · tanh(score / cap); `nil` leaves them.
  ///   - queries: `heads · headSize` features; keys and values: `kvHeads · headSize`.
  package func attention(
    layer: Int, tokens: [TokenPosition], queries: TokenTiles, keys: TokenTiles, values: TokenTiles,
    into out: TokenTiles, scale: Float, window: Int? = nil, softCap: Float? = nil
  ) {
    guard let first = tokens.first else { return }
    let (kvHeads, headSize) = (first.cache.heads, first.cache.headSize)
    let group = queries.features / (kvHeads * headSize)
    run(tokens.count) { index in
      tokens[index].cache.store(
        layer: layer, position: tokens[index].position, token: index, keys: keys, values: values)
    }
    run(tokens.count * kvHeads) { task in
      let (index, head) = (task / kvHeads, task % kvHeads)
      let (cache, length) = (tokens[index].cache, tokens[index].position + 1)
      let features = group * headSize
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * features + group * (length + 15)) { scratch in
        let query = scratch.baseAddress!
        let result = query + features
        queries.getToken(index, first: head * features, count: features, into: query)
        assay_attention(
          query, cache.keys(layer: layer, head: head), cache.values(layer: layer, head: head), result + features,
          result, Int32(length), Int32(headSize), Int32(group), scale,
          assay_attention_span(first: Int32(window.map { max(0, length - $0) } ?? 0), soft_cap: softCap ?? 0))
        let lane = out.lane(index)
        for d in 0..<features { lane[(head * features + d) * out.width] = result[d] }
      }
    }
  }
}
