import CKernels

/// Activations of many tokens: `[tile][feature][lane]`, one lane per token, `width` lanes to a tile.
///
/// A tile is the right-hand operand of a GEMM call on a whole block of weight rows. Its width is one of those that
/// ``KernelProfile`` has proved to give every token the same bits, so a token's result does not depend on how many
/// other tokens are computed with it. No lane ever reads another.
package final class TokenTiles {
  package let features: Int
  /// Lanes of a tile, a multiple of 4.
  package private(set) var width: Int
  let storage: AlignedBuffer<Float>

  /// - Parameter capacity: the most lanes of all tiles together.
  package init(features: Int, width: Int, capacity: Int) {
    precondition(width > 0 && width % 4 == 0 && capacity % 4 == 0, "lanes come in fours")
    self.features = features
    self.width = width
    storage = AlignedBuffer(count: features * capacity)
  }

  /// Cuts the same memory into tiles of another width; what they held is lost.
  package func reshape(width: Int) {
    precondition(width > 0 && width % 4 == 0, "lanes come in fours")
    self.width = width
  }

  var floatsPerTile: Int { features * width }

  func tile(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && (index + 1) * floatsPerTile <= storage.count, "tile out of range")
    return storage.base + index * floatsPerTile
  }

  /// The first feature of one token; the next one lies ``width`` floats on.
  func lane(_ token: Int) -> UnsafeMutablePointer<Float> { tile(token / width) + token % width }

  /// Writes one token's features.
  package func setToken(_ token: Int, to values: AlignedBuffer<Float>) {
    precondition(values.count == features, "different features")
    assay_set_lane(tile(token / width), values.base, Int32(features), Int32(width), Int32(token % width))
  }

  /// Sets the lanes that hold no token to zero, so that leftovers cannot grow from layer to layer.
  package func clearLanes(after shape: TileShape) {
    for token in shape.tokens..<shape.lanes {
      let lane = lane(token)
      for f in 0..<features { lane[f * width] = 0 }
    }
  }

  /// Reads features `first..<first + count` of one token.
  func getToken(_ token: Int, first: Int = 0, count: Int, into values: UnsafeMutablePointer<Float>) {
    precondition(first >= 0 && first + count <= features, "features out of range")
    assay_get_lane(tile(token / width) + first * width, values, Int32(count), Int32(width), Int32(token % width))
  }

  /// Reads one token's features.
  package func getToken(_ token: Int, into values: AlignedBuffer<Float>) {
    precondition(values.count == features, "different features")
    getToken(token, count: features, into: values.base)
  }

  /// All features of one token.
  package func token(_ token: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: features) { buffer, count in
      getToken(token, count: features, into: buffer.baseAddress!)
      count = features
    }
  }

  /// Takes over the tiles of a step from a buffer of the same features.
  package func copy(_ other: TokenTiles, shape: TileShape) {
    precondition(other.features == features && other.width == shape.width && width == shape.width, "different shapes")
    let count = shape.tiles * floatsPerTile
    precondition(count <= storage.count && count <= other.storage.count, "tiles out of range")
    storage.base.update(from: other.storage.base, count: count)
  }

  /// Copies one token's lane from other tiles of the same features.
  package func copyToken(_ source: Int, of other: TokenTiles, to token: Int) {
    precondition(other.features == features, "different features")
    let from = other.lane(source)
    let to = lane(token)
    for f in 0..<features { to[f * width] = from[f * other.width] }
  }
}

/// A step's lanes: how many tiles of which width, and how many lanes hold tokens.
package struct TileShape: Hashable, Sendable {
  package let tokens: Int
  package let width: Int
  package let tiles: Int

  package init(tokens: Int, width: Int) {
    precondition(tokens >= 0 && width > 0 && width % 4 == 0, "lanes come in fours")
    self.tokens = tokens
    self.width = width
    tiles = (tokens + width - 1) / width
  }

  package var lanes: Int { tiles * width }

  /// Tokens in one tile.
  func tokens(inTile tile: Int) -> Int { min(width, tokens - tile * width) }

  /// Strips of lanes: the unit of work between matrix products.
  var strips: Strips { Strips(shape: self) }

  struct Strips {
    let shape: TileShape
    private var size: Int { min(shape.width, 32) }
    private var stripsPerTile: Int { (shape.width + size - 1) / max(1, size) }

    init(shape: TileShape) { self.shape = shape }

    var count: Int { shape.tiles * stripsPerTile }

    subscript(index: Int) -> (tile: Int, lane: Int, count: Int) {
      let lane = index % stripsPerTile * size
      return (index / stripsPerTile, lane, min(size, shape.width - lane))
    }
  }
}
