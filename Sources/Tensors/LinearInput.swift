import CKernels
import Synchronization

/// The input of a linear layer, rounded as its weights ask for.
package final class LinearInput {
  private(set) var tiles: TokenTiles
  private let rounded: TokenTiles
  /// Scale of every token where the values are integers.
  let laneScales: AlignedBuffer<Float>
  /// Finite values that became infinite in FP16 or BF16, in all calls so far.
  package private(set) var overflows = 0

  package init(features: Int, width: Int, capacity: Int) {
    rounded = TokenTiles(features: features, width: width, capacity: capacity)
    tiles = rounded
    laneScales = AlignedBuffer(count: width * capacity)
  }

  /// Rounds the first `tileCount` tiles of `source`.
  ///
  /// - Parameter segments: token ranges that are one tensor each when activations are scaled per tensor.
  package func prepare(
    _ source: TokenTiles, rounding: InputRounding, tileCount: Int, segments: [Range<Int>], pool: WorkerPool
  ) {
    precondition(source.features == rounded.features && source.width == rounded.width, "different shapes")
    tiles = rounding == .none ? source : rounded
    switch rounding {
    case .none:
      break
    case .fp16, .bf16:
      let lost = Atomic<Int>(0)
      pool.run(tileCount) { tile in
        let round = rounding == .fp16 ? assay_round_fp16 : assay_round_bf16
        lost.add(round(source.tile(tile), tiles.tile(tile), tiles.floatsPerTile), ordering: .relaxed)
      }
      overflows += lost.load(ordering: .relaxed)
    case .int8(let scale):
      quantize(source, scale: scale, tileCount: tileCount, segments: segments, pool: pool)
    }
  }

  private func quantize(
    _ source: TokenTiles, scale: ActivationScale, tileCount: Int, segments: [Range<Int>], pool: WorkerPool
  ) {
    let width = tiles.width
    pool.run(tileCount) { tile in
      assay_lane_absmax(source.tile(tile), laneScales.base + tile * width, Int32(tiles.features), Int32(width))
    }
    if scale == .perTensor {
      for segment in segments {
        let largest = segment.reduce(Float(0)) { laneScales[$1] <= $0 ? $0 : laneScales[$1] }  // keeps a NaN
        for token in segment { laneScales[token] = largest }
      }
    }
    for lane in 0..<tileCount * width {
      // An all-zero input has no scale; any one gives zeros.
      laneScales[lane] = laneScales[lane] == 0 ? 1 : laneScales[lane] / 127
    }
    pool.run(tileCount) { tile in
      assay_quantize_lanes(
        source.tile(tile), laneScales.base + tile * width, tiles.tile(tile), Int32(tiles.features), Int32(width))
    }
  }
}
