import CKernels

/// A format that activations are rounded to and computed with in FP32.
package enum InputFormat: Hashable, Sendable {
  /// min-max range with a zero point, ties to even.
  case asymmetric(bits: Int, ActivationScale)
  /// FP8 with an FP32 scale, absmax over the format's largest value.
  case minifloat(Minifloat, ActivationScale)
  case microscaling(MicroscalingBlock)
  case tensorScaledFP4(ActivationScale)
  /// What llama.cpp's CPU kernels make of inputs: blocks of 32 for the older weight formats, of 256 for the K ones.
  case q8_0
  case q8_K
}

extension LinearInput {
  /// Rounds a step's activations to a format and back, into `rounded`, which may be the source itself.
  func round(
    _ source: TokenTiles, to format: InputFormat, segments: [Range<Int>], pool: WorkerPool
  ) {
    switch format {
    case .asymmetric(let bits, let scale):
      roundAsymmetric(source, bits: bits, scale: scale, segments: segments, pool: pool)
    case .minifloat(let element, let scale):
      scaleLanes(source, scale: scale, largest: element.maximum, segments: segments, pool: pool)
      forEachStrip(source, pool) { x, out, lane, features, width, count in
        assay_round_minifloat(x, laneScales.base + lane, out, features, width, count, element.parameters)
      }
    case .microscaling(let block):
      forEachStrip(source, pool) { x, out, _, features, width, count in
        assay_round_microscaling(x, out, features, width, count, block.element.parameters)
      }
    case .tensorScaledFP4(let scale):
      scaleLanes(source, scale: scale, largest: 6 * 448, segments: segments, pool: pool)
      forEachStrip(source, pool) { x, out, lane, features, width, count in
        assay_round_nvfp4(x, laneScales.base + lane, out, features, width, count)
      }
    case .q8_0:
      forEachStrip(source, pool) { x, out, _, features, width, count in
        assay_round_q8_0(x, out, features, width, count)
      }
    case .q8_K:
      forEachStrip(source, pool) { x, out, _, features, width, count in
        assay_round_q8_k(x, out, features, width, count)
      }
    }
  }

  /// Sets every lane's scale to absmax / `largest`, of the token or of its whole segment, or to a calibrated one.
  func scaleLanes(
    _ source: TokenTiles, scale: ActivationScale, largest: Float, segments: [Range<Int>], pool: WorkerPool
  ) {
    forEachStrip(source, pool) { x, _, lane, features, width, count in
      assay_lane_absmax(x, laneScales.base + lane, features, width, count)
    }
    if scale == .perTensor {
      for segment in segments {
        let magnitude = segment.reduce(Float(0)) { $0.isNaN || laneScales[$1] <= $0 ? $0 : laneScales[$1] }
        for token in segment { laneScales[token] = magnitude }
      }
    }
    for lane in 0..<shape.lanes {
      let magnitude = laneScales[lane]
      if case .fixed(let known) = scale, magnitude.isFinite {
        laneScales[lane] = known
        continue
      }
      // An all-zero input has no scale; any one gives zeros. An infinite one must be seen.
      laneScales[lane] = magnitude == 0 ? 1 : magnitude.isFinite ? magnitude / largest : .nan
    }
  }

  private func roundAsymmetric(
    _ source: TokenTiles, bits: Int, scale: ActivationScale, segments: [Range<Int>], pool: WorkerPool
  ) {
    let top = Float(1 << bits - 1)
    let (least, zeros) = (AlignedBuffer<Float>(count: shape.lanes), AlignedBuffer<Float>(count: shape.lanes))
    let greatest = laneScales
    forEachStrip(source, pool) { x, _, lane, features, width, count in
      assay_lane_range(x, least.base + lane, greatest.base + lane, features, width, count)
    }
    if scale == .perTensor {
      for segment in segments {
        let low = segment.reduce(Float(0)) { $0.isNaN || least[$1] >= $0 ? $0 : least[$1] }
        let high = segment.reduce(Float(0)) { $0.isNaN || greatest[$1] <= $0 ? $0 : greatest[$1] }
        for token in segment { (least[token], greatest[token]) = (low, high) }
      }
    }
    for lane in 0..<shape.lanes {
      let step = greatest[lane] / top - least[lane] / top
      let zero = (-least[lane] / step).rounded(.toNearestOrEven)
      (laneScales[lane], zeros[lane]) = step == 0 ? (1, 0) : (step, min(top, max(0, zero)))
    }
    forEachStrip(source, pool) { x, out, lane, features, width, count in
      assay_round_asymmetric(x, laneScales.base + lane, zeros.base + lane, out, features, width, count, top)
    }
  }

  /// - Parameter body: takes source and destination at a strip's first lane, that lane, features, width and lanes.
  func forEachStrip(
    _ source: TokenTiles, _ pool: WorkerPool,
    _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int32, Int32, Int32) -> Void
  ) {
    let strips = shape.strips
    let width = shape.width
    pool.run(strips.count) { index in
      let (tile, lane, count) = strips[index]
      body(
        source.tile(tile) + lane, rounded.tile(tile) + lane, tile * width + lane, Int32(source.features), Int32(width),
        Int32(count))
    }
  }
}

extension Minifloat {
  fileprivate var parameters: assay_minifloat {
    assay_minifloat(
      fraction_bits: Int32(fractionBits), least_exponent: Int32(smallestExponent),
      largest_exponent: Int32(largestExponent), largest: maximum)
  }
}
