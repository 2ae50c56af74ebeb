import CKernels
import Synchronization

/// The input of a linear layer, rounded as its weights ask for.
package final class LinearInput {
  private(set) var tiles: TokenTiles
  private(set) var shape: TileShape
  /// Scale of every token where the values are integers.
  let laneScales: AlignedBuffer<Float>
  let rounded: TokenTiles
  /// Integers as q + 128, `[tile][feature / 4][lane][4]`.
  private let integers: AlignedBuffer<UInt8>
  /// Floats as OpenBLAS's inner product reads them, tile after tile.
  private let panels: AlignedBuffer<Float>
  private let profile: KernelProfile
  /// What ``ActivationScale/perTokenWithout(outliersFrom:)`` left out of the integers, token by token.
  private(set) var outliers = OutlierActivations()
  /// Finite values that became infinite in FP16 or BF16, in all calls so far.
  package private(set) var overflows = 0

  /// - Parameter capacity: the most lanes of all tiles together.
  package init(features: Int, capacity: Int, profile: KernelProfile) {
    rounded = TokenTiles(features: features, width: 16, capacity: capacity)
    tiles = rounded
    shape = TileShape(tokens: 0, width: 16)
    laneScales = AlignedBuffer(count: capacity)
    integers = AlignedBuffer(count: profile.usesVNNI ? (features + 3) / 4 * 4 * capacity : 0)
    panels = AlignedBuffer(count: profile.piece == nil ? 0 : features * capacity)
    self.profile = profile
  }

  func bytes(_ tile: Int) -> UnsafePointer<UInt8> {
    UnsafePointer(integers.base + tile * shape.width * ((rounded.features + 3) / 4 * 4))
  }

  /// A tile's first ``packedLanes`` lanes for ``GEMM/multiplyPacked``.
  func packed(_ tile: Int) -> UnsafePointer<Float> {
    UnsafePointer(panels.base + tile * shape.width * rounded.features)
  }

  /// Few tokens are packed and multiplied as they are, and eight lanes without a token are left out.
  private(set) var packedLanes = 0

  /// Rounds a step's activations and lays them out for the products to come.
  ///
  /// - Parameters:
  ///   - divisors: what each channel is divided by first.
  ///   - segments: token ranges that are one tensor each when activations are scaled per tensor.
  package func prepare(
    _ source: TokenTiles, rounding: InputRounding, divisors: AlignedBuffer<Float>? = nil, shape: TileShape,
    segments: [Range<Int>], pool: WorkerPool
  ) {
    precondition(source.features == rounded.features && source.width == shape.width, "different shapes")
    self.shape = shape
    packedLanes = profile.packedLanes(shape)
    rounded.reshape(width: shape.width)
    tiles = rounding == .none && divisors == nil ? source : rounded
    if let divisors {
      pool.divide(source, by: divisors, into: rounded, shape: shape)
      round(rounded, rounding: rounding, segments: segments, pool: pool)
    } else {
      round(source, rounding: rounding, segments: segments, pool: pool)
    }
  }

  /// Rounds into `rounded`, which may be the source itself.
  private func round(_ source: TokenTiles, rounding: InputRounding, segments: [Range<Int>], pool: WorkerPool) {
    switch rounding {
    case .none:
      break
    case .fp16, .bf16:
      let lost = Atomic<Int>(0)
      pool.forEachRun(of: shape.tiles * source.floatsPerTile) { first, count in
        let round = rounding == .fp16 ? assay_round_fp16 : assay_round_bf16
        lost.add(round(source.storage.base + first, rounded.storage.base + first, count), ordering: .relaxed)
      }
      overflows += lost.load(ordering: .relaxed)
    case .format(let format):
      round(source, to: format, segments: segments, pool: pool)
    case .int8(let scale):
      return quantize(source, scale: scale, segments: segments, pool: pool)
    }
    if let piece = profile.piece, !profile.multipliesFew(shape) { pack(piece: piece, pool: pool) }
  }

  private func pack(piece: Int, pool: WorkerPool) {
    pool.run(shape.tiles) { tile in
      GEMM.packInput(
        tiles.tile(tile), depth: tiles.features, width: shape.width, lanes: packedLanes, piece: piece,
        into: panels.base + tile * shape.width * tiles.features)
    }
  }

  private func quantize(_ source: TokenTiles, scale: ActivationScale, segments: [Range<Int>], pool: WorkerPool) {
    var source = source
    if case .perTokenWithout(let threshold) = scale {
      outliers.extract(from: source, above: threshold, rest: rounded, shape: shape, pool: pool)
      overflows += outliers.overflows
      source = rounded
    }
    scaleLanes(source, scale: scale, largest: 127, segments: segments, pool: pool)
    let bytesPerLane = (source.features + 3) / 4 * 4
    forEachStrip(source, pool) { x, out, lane, features, width, count in
      assay_quantize_lanes(x, laneScales.base + lane, out, features, width, count)
      guard profile.usesVNNI else { return }
      let (tile, first) = lane.quotientAndRemainder(dividingBy: shape.width)
      assay_store_int8(
        out, integers.base + tile * shape.width * bytesPerLane + first * 4, features, width, count)
    }
  }
}
