import Tensors

/// Random rounding errors of a 16-bit format, added to the residual stream after every layer.
///
/// What they do to a model's output is the smallest difference that means anything there: a scheme cannot be told from
/// rounding below it. x becomes x·(1 + u·e), e uniform in [-1, 1), u one unit in the last place of 1. The error depends on
/// seed, layer, position and feature only, not on batch or threads.
package struct RoundingNoise: Sendable, Hashable {
  package enum Format: String, CaseIterable, Sendable {
    case fp16, bf16

    /// The unit in the last place of 1: 2^-10 with 10 bits of fraction, 2^-7 with 7.
    var unit: Float { self == .fp16 ? 0x1p-10 : 0x1p-7 }
  }

  package let format: Format
  package let seed: UInt64

  package init(format: Format, seed: UInt64) {
    self.format = format
    self.seed = seed
  }

  func perturb(_ residual: TokenTiles, shape: TileShape, layer: Int, positions: [Int], pool: WorkerPool) {
    pool.perturb(
      residual, shape: shape, relative: format.unit,
      seeds: positions.map { seed &+ (UInt64(layer) << 32 | UInt64($0)) &* 0x9E37_79B9_7F4A_7C15 })
  }
}
