import CKernels

/// Which ways of multiplying give the same bits on this machine, found by computing the very shapes a model uses.
package final class KernelProfile {
  /// The narrowest tile through BLAS: a width whose results do not depend on the lane or on the other lanes.
  package let baseWidth: Int
  /// Columns that are summed at a time by the product for few tokens, where it gives the same bits as a tile.
  let fewTokensPiece: Int?
  /// Whether INT8 is multiplied by integer instructions; exact either way.
  let usesVNNI: Bool
  private let trials: [GEMMTrial]
  private var agreement: [Int: Bool] = [:]

  /// Most tokens of the product that reads each weight once.
  static let fewTokens = 8
  /// Widest tile: beyond it a call is not faster.
  static let maximumWidth = 256

  /// Takes some tens of milliseconds.
  /// - Parameter allowsNative: false keeps to BLAS, the specification of the kernels written by hand.
  /// - Returns: `nil` when every tile width gives wrong or batch-dependent results.
  package init?(shapes: Set<GEMMShape>, allowsNative: Bool = true) {
    let ordered = shapes.sorted { ($0.depth, $0.rows) < ($1.depth, $1.rows) }
    let trials = ordered.map(GEMMTrial.init)
    guard let width = GEMM.widths.first(where: { width in trials.allSatisfy { $0.settle(width: width) } }) else {
      return nil
    }
    self.trials = trials
    baseWidth = width
    let pieces = [256, 320, 352, 384, 448, 512, 640, 768]
    fewTokensPiece =
      allowsNative && assay_has_avx512() != 0
      ? pieces.first { piece in trials.allSatisfy { $0.agrees(piece: piece) } } : nil
    usesVNNI = allowsNative && assay_has_vnni() != 0
  }

  /// The tiles for a step: few tokens by hand, more in one tile as wide as agrees with the base width.
  package func shape(tokens: Int) -> TileShape {
    if tokens <= Self.fewTokens, fewTokensPiece != nil { return TileShape(tokens: tokens, width: 16) }
    let tiles = (tokens + Self.maximumWidth - 1) / Self.maximumWidth
    let width = max(baseWidth, ((tokens + tiles - 1) / max(1, tiles) + 15) / 16 * 16)
    return TileShape(tokens: tokens, width: agrees(width) ? width : baseWidth)
  }

  private func agrees(_ width: Int) -> Bool {
    if width == baseWidth { return true }
    if let known = agreement[width] { return known }
    let result = trials.allSatisfy { $0.agrees(width: width) }
    agreement[width] = result
    return result
  }

  /// What was found, in one line.
  package var summary: String {
    "tiles of \(baseWidth) lanes and wider, batch-invariant"
      + (fewTokensPiece == nil ? "" : "; few tokens by hand, the same bits") + (usesVNNI ? "; INT8 by VNNI" : "")
  }
}
