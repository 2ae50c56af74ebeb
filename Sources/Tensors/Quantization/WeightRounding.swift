/// What is done to the values of a weight matrix that is then multiplied in FP32.
package enum WeightRounding: Hashable, Sendable {
  case none
  case half(HalfFormat)
  case asymmetric(AsymmetricInteger)
  case minifloat(ScaledMinifloat)
  case microscaling(MicroscalingBlock)
  case tensorScaledFP4
  /// Encoded as in a GGUF file and decoded again.
  case blocks(BlockFormat)

  /// Rounds a `rows × columns` matrix in place; blocks lie along the rows, the last one of a row filled with zeros.
  /// - Returns: finite values that became infinite.
  /// - Throws: where a block format cannot hold the values.
  package func roundTrip(
    _ values: AlignedBuffer<Float>, rows: Int, columns: Int, importance: [Float]? = nil, pool: WorkerPool
  ) throws(BlockEncodingError) -> Int {
    precondition(values.count == rows * columns, "values do not fill the matrix")
    switch self {
    case .none: break
    case .half(let format): return values.round(to: format)
    case .asymmetric(let integers): integers.roundTrip(values, rows: rows, columns: columns, pool: pool)
    case .minifloat(let format): format.roundTrip(values, rows: rows, columns: columns, pool: pool)
    case .microscaling(let format):
      values.forEachBlock(of: MicroscalingBlock.elements, rows: rows, columns: columns, pool: pool, format.round)
    case .tensorScaledFP4:
      let largest = values.runMagnitudes(rows: rows, columns: columns, scale: .perTensor, pool: pool).first ?? 0
      let format = TensorScaledFP4(largest: largest)
      values.forEachBlock(of: TensorScaledFP4.elements, rows: rows, columns: columns, pool: pool, format.round)
    case .blocks(let format):
      try values.roundTrip(format, rows: rows, columns: columns, importance: importance, pool: pool)
    }
    return 0
  }
}

extension AlignedBuffer<Float> {
  /// Encodes every row and decodes it again; rows are whole blocks.
  package func roundTrip(
    _ format: BlockFormat, rows: Int, columns: Int, importance: [Float]? = nil, pool: WorkerPool
  ) throws(BlockEncodingError) {
    try encodeRows(format, rows: rows, columns: columns, importance: importance, pool: pool) { row, bytes in
      format.decode(UnsafeRawBufferPointer(bytes), into: slice(row * columns..<(row + 1) * columns))
    }
  }

  /// Rounds the values, one row, to a format; what the format cannot hold stays as it is.
  package func roundRow(to format: BlockFormat) {
    guard let byteCount = format.byteCount(elements: count) else { return }
    let values = slice(0..<count)
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { bytes in
      guard (try? format.encode(UnsafeBufferPointer(values), into: bytes)) != nil else { return }
      format.decode(UnsafeRawBufferPointer(bytes), into: values)
    }
  }

  /// The bytes of a `rows × columns` matrix in a format; rows are whole blocks.
  /// - Parameter importance: of each column.
  package func encode(
    _ format: BlockFormat, rows: Int, columns: Int, importance: [Float]? = nil, pool: WorkerPool
  ) throws(BlockEncodingError) -> [UInt8] {
    let rowBytes = columns / format.blockElements * format.blockBytes
    let all = AlignedBuffer<UInt8>(count: rows * rowBytes)
    try encodeRows(format, rows: rows, columns: columns, importance: importance, pool: pool) { row, bytes in
      UnsafeMutableRawPointer(all.base + row * rowBytes).copyMemory(from: bytes.baseAddress!, byteCount: rowBytes)
    }
    return [UInt8](all.slice(0..<all.count))
  }

  private func encodeRows(
    _ format: BlockFormat, rows: Int, columns: Int, importance: [Float]?, pool: WorkerPool,
    _ body: (Int, UnsafeMutableRawBufferPointer) -> Void
  ) throws(BlockEncodingError) {
    precondition(count == rows * columns && columns % format.blockElements == 0, "rows of whole blocks")
    guard columns > 0 else { return }
    let failures = FirstFailure<BlockEncodingError>()
    let rowBytes = columns / format.blockElements * format.blockBytes
    let weights = importance.map { AlignedBuffer($0) }
    pool.run(rows) { row in
      let values = UnsafeBufferPointer(slice(row * columns..<(row + 1) * columns))
      withUnsafeTemporaryAllocation(byteCount: rowBytes, alignment: 16) { bytes in
        do throws(BlockEncodingError) {
          let important = weights.map { UnsafeBufferPointer($0.slice(0..<columns)) }
          try format.encode(values, importance: important, into: bytes)
          body(row, bytes)
        } catch {
          failures.record(error, at: row)
        }
      }
    }
    if let error = failures.first { throw error }
  }

  /// Calls `body` with every block of `size` values along the rows; one that a row's end cuts is filled with zeros.
  fileprivate func forEachBlock(
    of size: Int, rows: Int, columns: Int, pool: WorkerPool, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    pool.run(rows) { row in
      let first = base + row * columns
      for start in stride(from: 0, to: columns - columns % size, by: size) { body(first + start) }
      let rest = columns % size
      guard rest > 0 else { return }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { block in
        block.initialize(repeating: 0)
        for i in 0..<rest { block[i] = first[columns - rest + i] }
        body(block.baseAddress!)
        for i in 0..<rest { first[columns - rest + i] = block[i] }
      }
    }
  }
}
