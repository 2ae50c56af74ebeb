import CKernels

/// The transformer's operations between matrix products, over the first `tiles` tiles, in place where possible.
extension WorkerPool {
  /// `out = x · weight / √(mean x² + ε)` over the features of each token (Zhang & Sennrich 2019).
  package func rmsNorm(
    _ x: TokenTiles, weight: AlignedBuffer<Float>, epsilon: Float, into out: TokenTiles, tiles: Int
  ) {
    precondition(weight.count == x.features && out.features == x.features, "different features")
    run(tiles) { tile in
      assay_rms_norm(x.tile(tile), weight.base, out.tile(tile), Int32(x.features), Int32(x.width), epsilon)
    }
  }

  /// `x += y`.
  package func add(_ y: TokenTiles, to x: TokenTiles, tiles: Int) {
    precondition(x.features == y.features, "different features")
    run(tiles) { tile in assay_add(x.tile(tile), y.tile(tile), x.floatsPerTile) }
  }

  /// `gate = silu(gate) · up` (Shazeer 2020).
  package func swiGLU(gate: TokenTiles, up: TokenTiles, tiles: Int) {
    precondition(gate.features == up.features, "different features")
    // Parts of a tile keep all threads busy when there is one tile only.
    let parts = 8
    let size = (gate.floatsPerTile + parts - 1) / parts
    run(tiles * parts) { task in
      let first = (task % parts) * size
      let count = min(size, gate.floatsPerTile - first)
      guard count > 0 else { return }
      assay_swiglu(gate.tile(task / parts) + first, up.tile(task / parts) + first, count)
    }
  }
}
