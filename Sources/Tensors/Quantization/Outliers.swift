import CKernels

extension InputRounding {
  /// Whether large inputs are multiplied apart from the integers.
  var leavesOutliers: Bool {
    if case .int8(.perTokenWithout) = self { true } else { false }
  }
}

/// The inputs that LLM.int8() multiplies in FP16: for each token, the features from the threshold on.
///
/// Dettmers et al. 2022 decide by column of the whole batch; here each token decides for itself, because a token's
/// result must not depend on which others are computed with it. Fewer values are in FP16 than in the paper.
struct OutlierActivations {
  /// Of each token, in the order of features.
  private(set) var features: [[Int32]] = []
  /// Rounded to FP16.
  private(set) var values: [[Float]] = []

  /// Copies the source with zeros in the outliers' places to `rest`.
  mutating func extract(
    from source: TokenTiles, above threshold: Float, rest: TokenTiles, shape: TileShape, pool: WorkerPool
  ) {
    features = Array(repeating: [], count: shape.tokens)
    values = Array(repeating: [], count: shape.tokens)
    let width = shape.width
    let (sourceBase, restBase) = (source.storage.base, rest.storage.base)
    features.withUnsafeMutableBufferPointer { features in
      values.withUnsafeMutableBufferPointer { values in
        nonisolated(unsafe) let (features, values) = (features, values)
        let strips = shape.strips
        pool.run(strips.count) { index in
          let (tile, firstLane, count) = strips[index]
          for feature in 0..<source.features {
            let row = tile * source.floatsPerTile + feature * width
            for lane in firstLane..<firstLane + count {
              let value = sourceBase[row + lane]
              let token = tile * width + lane
              // An infinite value or a NaN is no outlier: it must reach the scale and be seen.
              guard abs(value) >= threshold, value.isFinite, token < shape.tokens else {
                restBase[row + lane] = value
                continue
              }
              restBase[row + lane] = 0
              features[token].append(Int32(feature))
              values[token].append(Float(Float16(value)))
            }
          }
        }
      }
    }
  }

  /// Number of values that became infinite in FP16.
  var overflows: Int { values.reduce(0) { $0 + $1.count(where: \.isInfinite) } }
}

/// The weights that meet outliers: the whole matrix in FP16, a column at a time, as in the paper's FP16 product.
package final class OutlierColumns {
  private let weights: AlignedBuffer<UInt16>  // [block][column][row of the block]
  private let rows: Int
  private let columns: Int

  /// - Parameter values: real weights, row-major.
  package init(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) {
    self.rows = rows
    self.columns = columns
    weights = WeightPacker(values: values, rows: rows, columns: columns, pool: pool).halves(.fp16)
  }

  /// Adds the outliers' products to one block of a tile's output; FP32 sums in the order of features.
  func add(_ block: Int, input: LinearInput, tile: Int, to output: UnsafeMutablePointer<Float>) {
    let first = block * GEMM.blockRows
    let count = min(GEMM.blockRows, rows - first)
    let width = input.shape.width
    let column = assay_scratch(2 * count * 4).assumingMemoryBound(to: Float.self)
    let sums = column + count
    for lane in 0..<input.shape.tokens(inTile: tile) {
      let token = tile * width + lane
      let features = input.outliers.features[token]
      guard !features.isEmpty else { continue }
      for r in 0..<count { sums[r] = 0 }
      for (feature, value) in zip(features, input.outliers.values[token]) {
        assay_expand_halves(weights.base + first * columns + Int(feature) * count, 1, column, count)
        for r in 0..<count { sums[r] += column[r] * value }
      }
      for r in 0..<count { output[r * width + lane] += sums[r] }
    }
  }
}

extension WorkerPool {
  /// `out[feature] = x[feature] / divisors[feature]` for every token.
  func divide(_ x: TokenTiles, by divisors: AlignedBuffer<Float>, into out: TokenTiles, shape: TileShape) {
    precondition(divisors.count == x.features && out.features == x.features, "different features")
    let (width, features) = (shape.width, x.features)
    run(shape.tiles) { tile in
      let (source, target) = (x.tile(tile), out.tile(tile))
      for feature in 0..<features {
        let divisor = divisors.base[feature]
        for lane in feature * width..<(feature + 1) * width { target[lane] = source[lane] / divisor }
      }
    }
  }
}
