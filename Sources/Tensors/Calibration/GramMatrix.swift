import CKernels

/// `Σ x xᵀ` over the inputs x of a linear layer, in double: half the Hessian of its squared output error, times tokens.
///
/// Takes 8 · features² bytes.
package final class GramMatrix {
  package let features: Int
  /// Tokens added so far.
  package private(set) var tokens = 0
  /// `[features][features]`; below the diagonal only whole blocks are filled until ``mirror()``.
  let values: AlignedBuffer<Double>

  private static let blockRows = 64

  package init(features: Int) {
    self.features = features
    values = AlignedBuffer(count: features * features)
  }

  /// A matrix that is known already, row-major; for tests and other sources of statistics.
  package convenience init(_ values: [Double], features: Int, tokens: Int) {
    precondition(values.count == features * features, "a square matrix")
    self.init(features: features)
    for (index, value) in values.enumerated() { self.values.base[index] = value }
    self.tokens = tokens
  }

  /// Adds the inputs of a step; products of one tile in FP32, sums over tiles in double.
  package func add(_ x: TokenTiles, shape: TileShape, pool: WorkerPool) {
    precondition(x.features == features && x.width == shape.width, "different shapes")
    let (n, size) = (features, Self.blockRows)
    let sums = values.base
    pool.run((n + size - 1) / size) { block in
      let first = block * size
      let (rows, columns) = (min(size, n - first), n - first)
      let product = assay_scratch(rows * columns * 4).assumingMemoryBound(to: Float.self)
      for tile in 0..<shape.tiles {
        let base = UnsafePointer(x.tile(tile)) + first * shape.width
        GEMM.multiply(
          base, stride: shape.width, base, stride: shape.width, transposed: true, rows: rows,
          depth: shape.tokens(inTile: tile), columns: columns, output: product)
        for r in 0..<rows {
          let target = sums + (first + r) * n + first
          for c in 0..<columns { target[c] += Double(product[r * columns + c]) }
        }
      }
    }
    tokens += shape.tokens
  }

  /// Element (row, column), whichever half it was summed in.
  package subscript(row: Int, column: Int) -> Double {
    precondition(row >= 0 && row < features && column >= 0 && column < features, "index out of range")
    return values.base[min(row, column) * features + max(row, column)]
  }

  /// The mean of x xᵀ in FP32, both halves, each element divided by the two channels' `divisors` where given.
  func mean(divisors: [Float]? = nil) -> AlignedBuffer<Float> {
    let result = AlignedBuffer<Float>(count: features * features)
    let count = Double(max(1, tokens))
    for i in 0..<features {
      for j in i..<features {
        var value = values.base[i * features + j] / count
        if let divisors { value /= Double(divisors[i]) * Double(divisors[j]) }
        result.base[i * features + j] = Float(value)
        result.base[j * features + i] = Float(value)
      }
    }
    return result
  }

  /// The matrix of inputs whose channels were divided: `Σ (x/d)(x/d)ᵀ`.
  package func divided(by divisors: [Float]) -> GramMatrix {
    precondition(divisors.count == features, "a divisor for each channel")
    let result = GramMatrix(features: features)
    result.tokens = tokens
    for i in 0..<features {
      for j in i..<features {
        result.values.base[i * features + j] =
          values.base[i * features + j] / (Double(divisors[i]) * Double(divisors[j]))
      }
    }
    return result
  }
}
