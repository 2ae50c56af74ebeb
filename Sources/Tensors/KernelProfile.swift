import CKernels

/// Which ways of multiplying give the same bits on this machine, found by computing the very shapes a model uses.
package final class KernelProfile {
  /// The narrowest tile through BLAS: a width whose results do not depend on the lane or on the other lanes.
  package let baseWidth: Int
  /// Columns that OpenBLAS's inner product sums at a time, where it gives the same bits as a plain call.
  let piece: Int?
  /// Whether kernels of our own, which read each weight once, give the same bits for few tokens.
  private let hasFewTokenKernels: Bool
  /// Whether INT8 is multiplied by integer instructions; exact either way.
  let usesVNNI: Bool
  /// Whether few tokens may lie in narrow tiles.
  private let allowsNarrow: Bool
  private let trials: [GEMMTrial]
  private var agreement: [Int: Bool] = [:]

  /// Whether this CPU multiplies INT8 by integer instructions, which read weights of one byte.
  static var hasVNNI: Bool { assay_has_vnni() != 0 }

  /// Most tokens that are multiplied as they are, in narrow tiles; more fill lanes in sixteens.
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
    piece =
      allowsNative && GEMM.hasInnerProduct
      ? pieces.first { piece in trials.allSatisfy { $0.agrees(piece: piece, base: width) } } : nil
    hasFewTokenKernels = piece.map { piece in trials.allSatisfy { $0.agreesForFew(piece: piece) } } ?? false
    allowsNarrow = piece != nil && shapes.allSatisfy { $0.rows % 16 == 0 }
    usesVNNI = allowsNative && assay_has_vnni() != 0
  }

  /// The tiles for a step: as few and as wide as agree with the base width.
  package func shape(tokens: Int) -> TileShape {
    if tokens <= Self.fewTokens, allowsNarrow { return TileShape(tokens: tokens, width: Self.narrowWidth(tokens)) }
    let tiles = (tokens + Self.maximumWidth - 1) / Self.maximumWidth
    let filled = max(16, ((tokens + tiles - 1) / max(1, tiles) + 15) / 16 * 16)
    let width = piece == nil ? max(baseWidth, filled) : filled
    return TileShape(tokens: tokens, width: agrees(width) ? width : baseWidth)
  }

  /// Lanes for few tokens.
  static func narrowWidth(_ tokens: Int) -> Int { tokens <= 4 ? 4 : 8 }

  /// Whether a step is multiplied by kernels of our own, where the weights have FP32 or 16-bit form.
  func multipliesFew(_ shape: TileShape) -> Bool { hasFewTokenKernels && shape.tokens <= Self.fewTokens }

  /// Lanes of a tile that the inner product is given.
  func packedLanes(_ shape: TileShape) -> Int {
    if shape.tokens <= Self.fewTokens { return shape.tokens }
    guard shape.tiles == 1 else { return shape.width }
    let eights = (shape.tokens + 7) / 8 * 8
    return agrees(eights) ? eights : shape.width
  }

  /// Whether so many lanes, multiplied together, have the expected bits.
  private func agrees(_ lanes: Int) -> Bool {
    if lanes == baseWidth { return true }
    if let known = agreement[lanes] { return known }
    let result = trials.allSatisfy { trial in
      piece.map { trial.agrees(piece: $0, lanes: lanes, width: (lanes + 15) / 16 * 16) }
        ?? (lanes % 16 == 0 && trial.agrees(width: lanes))
    }
    agreement[lanes] = result
    return result
  }

  /// What was found, in one line.
  package var summary: String {
    "tiles of \(baseWidth) lanes and wider, batch-invariant"
      + (piece == nil ? "" : "; operands packed once, the same bits") + (usesVNNI ? "; INT8 by VNNI" : "")
  }
}
