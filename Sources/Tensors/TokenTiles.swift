import CKernels

/// Activations of many tokens: `[tile][feature][lane]`, one lane per token, `width` lanes to a tile.
///
/// A tile is the right-hand operand of every GEMM call, always of the same width, so a token's result does not depend
/// on how many other tokens are computed with it (see ``GEMM``). Lanes without a token hold zeros or leftovers, which
/// no other lane ever reads.
package final class TokenTiles {
  package let features: Int
  package let width: Int
  package let capacity: Int
  let storage: AlignedBuffer<Float>

  /// - Parameter capacity: the number of tiles.
  package init(features: Int, width: Int, capacity: Int) {
    self.features = features
    self.width = width
    self.capacity = capacity
    storage = AlignedBuffer(count: features * width * capacity)
  }

  var floatsPerTile: Int { features * width }

  func tile(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < capacity, "tile out of range")
    return storage.base + index * floatsPerTile
  }

  /// Writes one token's features.
  package func setToken(_ token: Int, to values: AlignedBuffer<Float>) {
    precondition(values.count == features, "different features")
    assay_set_lane(tile(token / width), values.base, Int32(features), Int32(width), Int32(token % width))
  }

  /// Reads features `first..<first + count` of one token.
  func getToken(_ token: Int, first: Int = 0, count: Int, into values: UnsafeMutablePointer<Float>) {
    precondition(first >= 0 && first + count <= features, "features out of range")
    assay_get_lane(tile(token / width) + first * width, values, Int32(count), Int32(width), Int32(token % width))
  }

  /// All features of one token.
  package func token(_ token: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: features) { buffer, count in
      getToken(token, count: features, into: buffer.baseAddress!)
      count = features
    }
  }

  /// Copies one token's lane from other tiles of the same shape.
  package func copyToken(_ source: Int, of other: TokenTiles, to token: Int) {
    precondition(other.features == features, "different features")
    let from = other.tile(source / other.width) + source % other.width
    let to = tile(token / width) + token % width
    for f in 0..<features { to[f * width] = from[f * other.width] }
  }
}
