import Tensors

/// One text being read or written: its keys and values so far.
package final class TokenSequence {
  let cache: KeyValueCache
  /// Tokens already in the cache.
  package private(set) var length = 0

  /// A sequence for one transformer, whose scheme says how keys and values are stored.
  /// - Parameter capacity: the most tokens it will ever hold.
  package convenience init(_ forward: Forward, capacity: Int) {
    self.init(
      forward.configuration, layers: forward.configuration.layers, capacity: capacity, format: forward.cacheFormat)
  }

  /// - Parameter layers: those whose keys and values are kept.
  init(_ c: Configuration, layers: Int, capacity: Int, format: CacheFormat) {
    cache = KeyValueCache(
      layers: layers, heads: c.kvHeads, headSize: c.headSize, capacity: capacity, format: format)
  }

  package var capacity: Int { cache.capacity }

  func advance(by count: Int) { length += count }
}

/// The tokens that one step appends to one sequence.
package struct Segment {
  package let sequence: TokenSequence
  package let tokens: [TokenID]
  package let outputs: Outputs
  /// Where activations are scaled per tensor, so many tokens from the first are one tensor, as a prompt is; each later
  /// one is its own, as in decoding.
  package let wholeTensor: Int

  /// Whose logits are wanted.
  package enum Outputs {
    /// The last token's.
    case last
    /// Every token's, each with the vocabulary entry to look up (the token that really follows), or -1.
    case all(targets: [TokenID])
  }

  package init(sequence: TokenSequence, tokens: [TokenID], wholeTensor: Int? = nil, outputs: Outputs = .last) {
    precondition((0...tokens.count).contains(wholeTensor ?? 0), "tokens of the segment")
    self.wholeTensor = wholeTensor ?? tokens.count
    self.sequence = sequence
    self.tokens = tokens
    self.outputs = outputs
  }
}
