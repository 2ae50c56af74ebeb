import CKernels
import Synchronization

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
  /// - Returns: how many finite keys and values became infinite in an FP16 cache.
  package func attention(
    layer: Int, tokens: [TokenPosition], queries: TokenTiles, keys: TokenTiles, values: TokenTiles,
    into out: TokenTiles, scale: Float, window: Int? = nil, softCap: Float? = nil
  ) -> Int {
    guard let first = tokens.first else { return 0 }
    let (kvHeads, headSize) = (first.cache.heads, first.cache.headSize)
    let group = queries.features / (kvHeads * headSize)
    let overflows = Atomic<Int>(0)
    run(kvHeads) { head in
      var lost = 0
      for index in tokens.indices {
        lost += tokens[index].cache.store(
          layer: layer, head: head, position: tokens[index].position, token: index, keys: keys, values: values)
      }
      if lost > 0 { overflows.add(lost, ordering: .relaxed) }
    }
    run(tokens.count * kvHeads) { task in
      let (index, head) = (task / kvHeads, task % kvHeads)
      let length = tokens[index].position + 1
      let features = group * headSize
      let space = 2 * features + 16 * headSize + group * KeyValueCache.rounded(length)
      let query = assay_scratch(space * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      let result = query + features
      queries.getToken(index, first: head * features, count: features, into: query)
      var cache = tokens[index].cache.head(head, layer: layer)
      assay_attention(
        query, &cache, result + features, result, Int32(length), Int32(headSize), Int32(group), scale,
        assay_attention_span(first: Int32(window.map { max(0, length - $0) } ?? 0), soft_cap: softCap ?? 0))
      let lane = out.lane(index)
      for d in 0..<features { lane[(head * features + d) * out.width] = result[d] }
    }
    return overflows.load(ordering: .relaxed)
  }
}
