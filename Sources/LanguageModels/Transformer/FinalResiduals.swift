import Tensors

/// The residual stream of some tokens after the last layer: a few kilobytes a token, from which logits are made.
package final class FinalResiduals {
  let tiles: TokenTiles  // [d]
  package private(set) var count = 0
  package let capacity: Int

  init(width: Int, capacity: Int) {
    self.capacity = capacity
    tiles = TokenTiles(features: width, width: 16, capacity: max(16, (capacity + 15) / 16 * 16))
  }

  package var byteCount: Int { tiles.features * capacity * MemoryLayout<Float>.size }

  func append(_ token: Int, of residuals: TokenTiles) {
    precondition(count < capacity, "the residuals are full")
    tiles.copyToken(token, of: residuals, to: count)
    count += 1
  }

  func append(_ values: AlignedBuffer<Float>) {
    precondition(count < capacity, "the residuals are full")
    tiles.setToken(count, to: values)
    count += 1
  }

  func append(_ other: FinalResiduals) {
    for token in 0..<other.count { append(token, of: other.tiles) }
  }
}
