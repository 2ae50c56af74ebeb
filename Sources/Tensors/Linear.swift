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
  /// Rounded to another format and back; the product is FP32.
  case format(InputFormat)

  /// Whether weights lie in memory as 32-bit floats, and the product is one of floats.
  package var multipliesFloats: Bool {
    switch self {
    case .none, .format: true
    case .fp16, .bf16, .int8: false
    }
  }
}

/// Which values share one activation scale.
package enum ActivationScale: Hashable, Sendable {
  case perToken
  case perTensor
  /// One scale known beforehand, from calibration; what lies beyond ±127 of it is clipped.
  case fixed(Float)
  /// A scale for each token from its values below the threshold; those from it on stay FP16 (``OutlierColumns``).
  case perTokenWithout(outliersFrom: Float)
}

/// A weight matrix `W` (`rows × columns`) in the form in which it is multiplied.
///
/// Weights lie in blocks of ``GEMM/blockRows`` rows; a block is the unit of work and, in its 32-bit form, stays in the
/// cache while it meets the tiles of a step.
package final class Linear {
  package let rows: Int
  package let columns: Int
  package let inputRounding: InputRounding
  /// What each input channel is divided by before it is rounded (SmoothQuant), or `nil`.
  package let inputDivisors: AlignedBuffer<Float>?
  private let outliers: OutlierColumns?
  private let weights: PackedWeights
  private let profile: KernelProfile
  /// Added to each row's products.
  private let bias: AlignedBuffer<Float>?

  /// - Parameters:
  ///   - values: real weights, or integers in [-127, 127] where `rowScales` is given; row-major.
  ///   - rowScales: one scale a row when `values` are integers; then `inputRounding` must be `int8`.
  ///   - inputRounding: with `fp16` or `bf16` the values must have that precision already.
  ///   - inputDivisors: one for each column, already multiplied into the values.
  ///   - outliers: the columns in FP16, where `inputRounding` leaves outliers out of the integers.
  package init(
    rows: Int, columns: Int, values: AlignedBuffer<Float>, rowScales: [Float]? = nil, inputRounding: InputRounding,
    inputDivisors: AlignedBuffer<Float>? = nil, outliers: OutlierColumns? = nil, profile: KernelProfile,
    pool: WorkerPool
  ) {
    precondition(values.count == rows * columns, "weights do not fill the matrix")
    precondition(inputDivisors.map { $0.count == columns } ?? true, "a divisor for each column")
    precondition((outliers != nil) == inputRounding.leavesOutliers, "outliers need their columns")
    self.inputDivisors = inputDivisors
    self.outliers = outliers
    self.rows = rows
    self.columns = columns
    self.inputRounding = inputRounding
    self.profile = profile
    bias = nil
    let packer = WeightPacker(values: values, rows: rows, columns: columns, pool: pool)
    switch inputRounding {
    case .none, .format:
      weights = profile.piece.map { .panels(packer.panels(piece: $0), piece: $0) } ?? .float(packer.floats())
    case .fp16: weights = .half(packer.halves(.fp16), .fp16)
    case .bf16: weights = .half(packer.halves(.bf16), .bf16)
    case .int8:
      guard let rowScales, rowScales.count == rows else { preconditionFailure("integer weights need a scale a row") }
      let scales = AlignedBuffer<Float>(rowScales)
      weights =
        profile.usesVNNI
        ? .int8(packer.bytes(), rowSums: packer.rowSums(), rowScales: scales)
        : .integers(packer.floats(), rowScales: scales)
    }
  }

  private init(_ other: Linear, bias: AlignedBuffer<Float>) {
    precondition(bias.count == other.rows, "a bias a row")
    (rows, columns, inputRounding) = (other.rows, other.columns, other.inputRounding)
    (inputDivisors, outliers) = (other.inputDivisors, other.outliers)
    (weights, profile, self.bias) = (other.weights, other.profile, bias)
  }

  /// The layer `W x + b` of this matrix.
  package func adding(_ bias: AlignedBuffer<Float>) -> Linear { Linear(self, bias: bias) }

  /// Whether both multiply the same input in the same form, so that it is made once.
  package func sharesInput(with other: Linear) -> Bool {
    inputRounding == other.inputRounding && inputDivisors === other.inputDivisors
  }

  /// Memory that the weights take.
  package var byteCount: Int { weights.byteCount }

  /// The same, known before the weights are there.
  package static func byteCount(rows: Int, columns: Int, inputRounding: InputRounding) -> Int {
    switch inputRounding {
    case .none, .format: 4 * rows * columns
    case .fp16, .bf16: 2 * rows * columns
    case .int8:
      rows * (KernelProfile.hasVNNI ? (columns + 3) / 4 * 4 + 8 : 4 * columns + 4)
        + (inputRounding.leavesOutliers ? 2 * rows * columns : 0)
    }
  }

  var blockCount: Int { (rows + GEMM.blockRows - 1) / GEMM.blockRows }

  /// Rows of one block.
  func rows(ofBlock block: Int) -> Int { min(GEMM.blockRows, rows - block * GEMM.blockRows) }

  /// Multiplies one block of rows with tiles of prepared input.
  /// - Parameter output: where the block's rows of a tile go, `[rows of the block][width]`.
  func multiplyBlock(
    _ block: Int, input: LinearInput, tiles: Range<Int>, output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    multiplyMatrix(block, input: input, tiles: tiles, output: output)
    guard let bias else { return }
    for tile in tiles {
      assay_add_bias(
        output(tile), bias.base + block * GEMM.blockRows, Int32(rows(ofBlock: block)), Int32(input.shape.width))
    }
  }

  private func multiplyMatrix(
    _ block: Int, input: LinearInput, tiles: Range<Int>, output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    let (first, count) = (block * GEMM.blockRows, rows(ofBlock: block))
    let shape = input.shape
    switch weights {
    case .float(let values):
      multiply(WeightBlock(values.base + first * columns, rows: count, depth: columns), input, tiles, output)
    case .panels(let values, let piece):
      multiplyPanels(values.base + first * columns, piece, count, input, tiles, output)
    case .half(let values, let format):
      let source = values.base + first * columns
      if let piece = profile.piece, profile.multipliesFew(shape) {
        for tile in tiles {
          assay_multiply_few(
            source, format == .fp16 ? 0 : 1, Int32(count), Int32(columns), Int32(piece), input.tiles.tile(tile),
            Int32(shape.width), Int32(shape.tokens), output(tile))
        }
        return
      }
      if let piece = profile.piece {
        multiplyExpanded(source, format, piece, count, input, tiles, output)
      } else {
        let expanded = assay_scratch(count * columns * 4).assumingMemoryBound(to: Float.self)
        assay_expand_halves(source, format == .fp16 ? 1 : 0, expanded, count * columns)
        multiply(WeightBlock(expanded, rows: count, depth: columns), input, tiles, output)
      }
    case .integers(let values, let rowScales):
      let weights = WeightBlock(values.base + first * columns, rows: count, depth: columns)
      for tile in tiles {
        withAccumulators(count * shape.width) { accumulators in
          GEMM.multiplyIntegers(
            weights, width: shape.width, input: input.tiles.tile(tile), accumulators: accumulators)
          dequantize(accumulators, rowScales.base + first, count, input, tile, output(tile))
        }
        outliers?.add(block, input: input, tile: tile, to: output(tile))
      }
    case .int8(let bytes, let rowSums, let rowScales):
      let depth = (columns + 3) / 4
      for tile in tiles {
        withAccumulators(count * shape.width) { accumulators in
          assay_multiply_int8(
            bytes.base + first * depth * 4, rowSums.base + first, Int32(count), Int32(depth), input.bytes(tile),
            Int32(shape.width), Int32(shape.tokens(inTile: tile)), accumulators)
          dequantize(accumulators, rowScales.base + first, count, input, tile, output(tile))
        }
        outliers?.add(block, input: input, tile: tile, to: output(tile))
      }
    }
  }

  private func multiply(
    _ weights: WeightBlock, _ input: LinearInput, _ tiles: Range<Int>, _ output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    for tile in tiles {
      GEMM.multiply(weights, width: input.shape.width, input: input.tiles.tile(tile), output: output(tile))
    }
  }

  private func multiplyPanels(
    _ panels: UnsafePointer<Float>, _ piece: Int, _ count: Int, _ input: LinearInput, _ tiles: Range<Int>,
    _ output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    let shape = input.shape
    if profile.multipliesFew(shape) {
      return assay_multiply_few_panels(
        panels, Int32(count), Int32(columns), Int32(piece), input.tiles.tile(0), Int32(shape.width),
        Int32(shape.tokens), output(0))
    }
    for tile in tiles {
      GEMM.multiplyPacked(
        panels, rows: count, depth: columns, piece: piece, input: input.packed(tile), lanes: input.packedLanes,
        width: shape.width, output: output(tile))
    }
  }

  /// A piece of 16-bit weights at a time becomes panels and is multiplied while it is in the cache.
  private func multiplyExpanded(
    _ halves: UnsafePointer<UInt16>, _ format: HalfFormat, _ piece: Int, _ count: Int, _ input: LinearInput,
    _ tiles: Range<Int>, _ output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    let (lanes, width) = (input.packedLanes, input.shape.width)
    for tile in tiles { output(tile).update(repeating: 0, count: count * width) }
    GEMM.forEachPiece(of: columns, piece: piece) { first, depth in
      let panels = assay_scratch(count * depth * 4).assumingMemoryBound(to: Float.self)
      assay_expand_panels(
        halves + first * count, format == .fp16 ? 1 : 0, panels, Int32(count), Int32(depth))
      for tile in tiles {
        GEMM.addPiece(
          panels, rows: count, depth: depth, input: input.packed(tile) + first * lanes, lanes: lanes, width: width,
          output: output(tile))
      }
    }
  }

  /// 16-bit weights of a block, `[column][row]`, as panels for ``GEMM/multiplyPacked``.
  static func expand(
    _ halves: UnsafePointer<UInt16>, _ format: HalfFormat, rows: Int, depth: Int, piece: Int,
    into panels: UnsafeMutablePointer<Float>
  ) {
    GEMM.forEachPiece(of: depth, piece: piece) { first, count in
      assay_expand_panels(
        halves + first * rows, format == .fp16 ? 1 : 0, panels + first * rows, Int32(rows), Int32(count))
    }
  }

  private func withAccumulators(_ count: Int, _ body: (UnsafeMutablePointer<Int32>) -> Void) {
    body(assay_scratch(count * 4).assumingMemoryBound(to: Int32.self))
  }

  private func dequantize(
    _ accumulators: UnsafePointer<Int32>, _ rowScales: UnsafePointer<Float>, _ count: Int, _ input: LinearInput,
    _ tile: Int, _ output: UnsafeMutablePointer<Float>
  ) {
    let width = input.shape.width
    assay_dequantize(accumulators, rowScales, input.laneScales.base + tile * width, output, Int32(count), Int32(width))
  }
}

extension WorkerPool {
  /// `outputs[i] = linears[i] · input`; the matrices share one parallel region.
  package func multiply(_ linears: [(weights: Linear, output: TokenTiles)], by input: LinearInput) {
    let groupSize = 8
    let tiles = input.shape.tiles
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
      weights.multiplyBlock(
        block, input: input, tiles: group * groupSize..<min(tiles, (group + 1) * groupSize)
      ) { output.tile($0) + block * GEMM.blockRows * output.width }
    }
  }
}
