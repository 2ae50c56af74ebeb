import CKernels

/// The transformer's operations between matrix products, in place where possible.
extension WorkerPool {
  /// `out = x · weight / √(mean x² + ε)` over the features of each token (Zhang & Sennrich 2019).
  package func rmsNorm(
    _ x: TokenTiles, weight: AlignedBuffer<Float>, epsilon: Float, into out: TokenTiles, shape: TileShape
  ) {
    precondition(weight.count == x.features && out.features == x.features, "different features")
    let strips = shape.strips
    run(strips.count) { index in
      let (tile, lane, count) = strips[index]
      assay_rms_norm(
        x.tile(tile) + lane, weight.base, out.tile(tile) + lane, Int32(x.features), Int32(x.width), Int32(count),
        epsilon)
    }
  }

  /// `x += y`.
  package func add(_ y: TokenTiles, to x: TokenTiles, shape: TileShape) {
    precondition(x.features == y.features, "different features")
    forEachRun(of: shape.tiles * x.floatsPerTile) { first, count in
      assay_add(x.storage.base + first, y.storage.base + first, count)
    }
  }

  /// `gate = silu(gate) · up` (Shazeer 2020).
  package func swiGLU(gate: TokenTiles, up: TokenTiles, shape: TileShape) {
    precondition(gate.features == up.features, "different features")
    forEachRun(of: shape.tiles * gate.floatsPerTile) { first, count in
      assay_swiglu(gate.storage.base + first, up.storage.base + first, count)
    }
  }
}
