import CKernels

/// What is done to the input of a linear layer before it is multiplied.
package enum InputRounding: Hashable, Sendable {
  /// FP32 as it is.
  case none
  /// Rounded to FP16, ties to even.
  case fp16
  /// Rounded to BF16, ties to even.
  case bf16
  /// INT8, symmetric absmax/127, round half to even; the scale from each token or from all tokens of a sequence's step.
  case int8(ActivationScale)
}

/// Which values share one activation scale.
package enum ActivationScale: Hashable, Sendable {
  case perToken
  case perTensor
}

/// A weight matrix `W` (`rows × columns`, row-major) in the form in which it is multiplied.
package final class Linear {
  package let rows: Int
  package let columns: Int
  package let inputRounding: InputRounding
  /// Real weights, or integer values in [-127, 127] where ``rowScales`` is set.
  package let values: AlignedBuffer<Float>
  /// Scale of each row of an integer matrix.
  let rowScales: AlignedBuffer<Float>?

  /// - Parameter rowScales: one scale a row when `values` are integers; then `inputRounding` must be `int8`.
  package init(
    rows: Int, columns: Int, values: AlignedBuffer<Float>, rowScales: [Float]? = nil, inputRounding: InputRounding
  ) {
    precondition(values.count == rows * columns, "weights do not fill the matrix")
    self.rows = rows
    self.columns = columns
    self.values = values
    self.inputRounding = inputRounding
    if let rowScales {
      precondition(rowScales.count == rows, "one scale a row")
      guard case .int8 = inputRounding else { preconditionFailure("integer weights need integer inputs") }
      let buffer = AlignedBuffer<Float>(count: rows)
      for (i, scale) in rowScales.enumerated() { buffer.base[i] = scale }
      self.rowScales = buffer
    } else {
      self.rowScales = nil
    }
  }

  var blockCount: Int { (rows + GEMM.blockRows - 1) / GEMM.blockRows }

  /// Multiplies one block of rows with one tile of prepared input.
  /// - Parameter output: the block's rows, `[rows of the block][width]`.
  func multiplyBlock(_ block: Int, input: LinearInput, tile: Int, output: UnsafeMutablePointer<Float>) {
    let first = block * GEMM.blockRows
    let count = min(GEMM.blockRows, rows - first)
    let width = input.tiles.width
    let weights = values.base + first * columns
    let x = input.tiles.tile(tile)
    guard let rowScales else {
      GEMM.multiply(
        weights, weightStride: columns, rows: count, depth: columns, width: width, input: x,
        output: output)
      return
    }
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * width) { accumulators in
      GEMM.multiplyIntegers(
        weights, weightStride: columns, rows: count, depth: columns, width: width, input: x,
        accumulators: accumulators.baseAddress!)
      assay_dequantize(
        accumulators.baseAddress!, rowScales.base + first, input.laneScales.base + tile * width, output,
        Int32(count), Int32(width))
    }
  }
}

extension WorkerPool {
  /// `outputs[i] = linears[i] · input` for the first `tiles` tiles; the matrices share one parallel region.
  package func multiply(_ linears: [(weights: Linear, output: TokenTiles)], by input: LinearInput, tiles: Int) {
    let groupSize = 8
    let groups = (tiles + groupSize - 1) / groupSize
    let blocks = linears.map(\.weights.blockCount)
    run(blocks.reduce(0, +) * groups) { task in
      var block = task / groups
      var index = 0
      while block >= blocks[index] {
        block -= blocks[index]
        index += 1
      }
      let (weights, output) = linears[index]
      let group = task % groups
      for tile in group * groupSize..<min(tiles, (group + 1) * groupSize) {
        let rows = output.tile(tile) + block * GEMM.blockRows * output.width
        weights.multiplyBlock(block, input: input, tile: tile, output: rows)
      }
    }
  }
}
