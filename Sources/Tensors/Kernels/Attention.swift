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
    let plan = AttentionPlan(
      tokens: tokens, layer: layer, group: group, queries: queries, out: out, scale: scale, window: window,
      softCap: softCap ?? 0)
    let runs = plan.runs
    // The last tokens see most: they come first, so that the threads end together.
    run(runs.count * kvHeads) { task in
      let run = runs[runs.count - 1 - task / kvHeads]
      if run.count > 1 {
        plan.attend(run, head: task % kvHeads)
      } else {
        plan.attend(run.lowerBound, head: task % kvHeads)
      }
    }
    return overflows.load(ordering: .relaxed)
  }
}

/// How the tokens of a step are worked on: those of a prompt many at a time, in the lanes where they lie.
private struct AttentionPlan {
  let tokens: [TokenPosition]
  let layer: Int
  /// Query heads that share a key and value head.
  let group: Int
  let queries: TokenTiles
  let out: TokenTiles
  let scale: Float
  let window: Int?
  let softCap: Float

  private static let lanes = Int(assay_cache_lanes)
  /// A tile costs as much as so many tokens by themselves.
  static let leastTile = 8

  private var headSize: Int { tokens[0].cache.headSize }

  /// Tokens that follow each other in one sequence and one tile, up to 16.
  var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = 0
    for next in 1...tokens.count {
      let isSameRun =
        next < tokens.count && next - first < Self.lanes && next % out.width != 0
        && tokens[next].cache === tokens[first].cache
        && tokens[next].position == tokens[first].position + next - first
      guard !isSameRun else { continue }
      if next - first >= Self.leastTile && out.width >= Self.lanes {
        runs.append(first..<next)
      } else {
        runs += (first..<next).map { $0..<$0 + 1 }
      }
      first = next
    }
    return runs
  }

  /// One run, all its query heads of a key and value head.
  func attend(_ run: Range<Int>, head: Int) {
    let (first, width) = (run.lowerBound, out.width)
    let lane = min(first % width, width - Self.lanes)
    let position = tokens[first].position
    let lanes = assay_attention_lanes(
      first: Int32(first % width - lane), count: Int32(run.count), position: Int32(position),
      window: window.map { Int32(clamping: $0) } ?? .max)
    let space = Self.lanes * (2 * headSize + Self.lanes + KeyValueCache.rounded(position + run.count))
    let scratch = assay_scratch(space * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    var cache = tokens[first].cache.head(head, layer: layer)
    for query in head * group..<(head + 1) * group {
      let offset = query * headSize * width + lane
      assay_attention_tile(
        queries.tile(first / width) + offset, Int32(width), &cache, lanes, scratch, out.tile(first / width) + offset,
        Int32(headSize), scale, softCap)
    }
  }

  /// One token, all its query heads of a key and value head.
  func attend(_ token: Int, head: Int) {
    let length = tokens[token].position + 1
    let features = group * headSize
    let space = 2 * features + Self.lanes * headSize + group * KeyValueCache.rounded(length)
    let query = assay_scratch(space * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    let result = query + features
    queries.getToken(token, first: head * features, count: features, into: query)
    var cache = tokens[token].cache.head(head, layer: layer)
    assay_attention(
      query, &cache, result + features, result, Int32(length), Int32(headSize), Int32(group), scale,
      assay_attention_span(first: Int32(window.map { max(0, length - $0) } ?? 0), soft_cap: softCap))
    let lane = out.lane(token)
    for d in 0..<features { lane[(head * features + d) * out.width] = result[d] }
  }
}
