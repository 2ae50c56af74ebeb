import Tensors

/// One text being read or written: its keys and values so far.
package final class TokenSequence {
  let cache: KeyValueCache
  /// Tokens already in the cache.
  package private(set) var length = 0

  /// - Parameters:
  ///   - capacity: the most tokens it will ever hold.
  ///   - layers: the layers that will be run, where these are not all.
  package init(_ configuration: Configuration, capacity: Int, layers: Int? = nil) {
    cache = KeyValueCache(
      layers: layers ?? configuration.layers, heads: configuration.kvHeads, headSize: configuration.headSize,
      capacity: capacity)
  }

  package var capacity: Int { cache.capacity }

  func advance(by count: Int) { length += count }
}

/// The tokens that one step appends to one sequence; one tensor where activations are scaled per tensor.
package struct Segment {
  package let sequence: TokenSequence
  package let tokens: [TokenID]
  package let outputs: Outputs

  /// Whose logits are wanted.
  package enum Outputs {
    /// The last token's.
    case last
    /// Every token's, each with the vocabulary entry to look up (the token that really follows), or -1.
    case all(targets: [TokenID])
  }

  package init(sequence: TokenSequence, tokens: [TokenID], outputs: Outputs = .last) {
    self.sequence = sequence
    self.tokens = tokens
    self.outputs = outputs
  }
}
