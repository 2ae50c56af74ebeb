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

  /// ``rmsNorm(_:weight:epsilon:into:shape:)`` of each head's features, in place.
  package func rmsNormHeads(_ x: TokenTiles, weight: AlignedBuffer<Float>, epsilon: Float, shape: TileShape) {
    precondition(weight.count > 0 && x.features % weight.count == 0, "whole heads")
    let strips = shape.strips
    let heads = x.features / weight.count
    run(strips.count * heads) { index in
      let (tile, lane, count) = strips[index / heads]
      let first = x.tile(tile) + lane + index % heads * weight.count * x.width
      assay_rms_norm(first, weight.base, first, Int32(weight.count), Int32(x.width), Int32(count), epsilon)
    }
  }

  /// `out = (x − mean) · weight / √(variance + ε) + bias` over the features of each token (Ba et al. 2016).
  package func layerNorm(
    _ x: TokenTiles, weight: AlignedBuffer<Float>, bias: AlignedBuffer<Float>, epsilon: Float, into out: TokenTiles,
    shape: TileShape
  ) {
    precondition(weight.count == x.features && bias.count == x.features && out.features == x.features, "features")
    let strips = shape.strips
    run(strips.count) { index in
      let (tile, lane, count) = strips[index]
      assay_layer_norm(
        x.tile(tile) + lane, weight.base, bias.base, out.tile(tile) + lane, Int32(x.features), Int32(x.width),
        Int32(count), epsilon)
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

  /// `gate = gelu(gate) · up`, GELU by tanh (Shazeer 2020).
  package func geGLU(gate: TokenTiles, up: TokenTiles, shape: TileShape) {
    precondition(gate.features == up.features, "different features")
    forEachRun(of: shape.tiles * gate.floatsPerTile) { first, count in
      assay_geglu(gate.storage.base + first, up.storage.base + first, count)
    }
  }

  /// `x = gelu(x)` (Hendrycks & Gimpel 2016), exactly or by tanh.
  package func gelu(_ x: TokenTiles, isExact: Bool, shape: TileShape) {
    forEachRun(of: shape.tiles * x.floatsPerTile) { first, count in
      (isExact ? assay_gelu : assay_gelu_tanh)(x.storage.base + first, count)
    }
  }
}
