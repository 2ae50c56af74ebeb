import CKernels

/// The weights of a matrix as they are multiplied; `[block][column][row of the block]` where nothing else is said.
enum PackedWeights {
  case float(AlignedBuffer<Float>)
  /// As OpenBLAS's inner product reads them: `[block][piece of columns][4 rows][column][row]`.
  case panels(AlignedBuffer<Float>, piece: Int)
  case half(AlignedBuffer<UInt16>, HalfFormat)
  /// Integers as floats, for exact products through SGEMM.
  case integers(AlignedBuffer<Float>, rowScales: AlignedBuffer<Float>)
  /// Integers as bytes, four columns together: `[block][column / 4][row of the block][4]`, padded with zeros.
  case int8(AlignedBuffer<Int8>, rowSums: AlignedBuffer<Int32>, rowScales: AlignedBuffer<Float>)

  /// Memory that they take.
  var byteCount: Int {
    switch self {
    case .float(let values), .panels(let values, _): 4 * values.count
    case .half(let values, _): 2 * values.count
    case .integers(let values, let rowScales): 4 * (values.count + rowScales.count)
    case .int8(let values, let rowSums, let rowScales): values.count + 4 * (rowSums.count + rowScales.count)
    }
  }
}

/// Turns row-major values into packed ones.
struct WeightPacker {
  let values: AlignedBuffer<Float>
  let rows: Int
  let columns: Int
  let pool: WorkerPool

  /// Uses the values up, see ``packInPlace(_:)``.
  func floats() -> AlignedBuffer<Float> {
    packInPlace { source, target, count in
      for r in 0..<count {
        let row = source + r * columns
        for k in 0..<columns { target[k * count + r] = row[k] }
      }
    }
  }

  /// For ``GEMM/multiplyPacked``; rows in fours. Uses the values up, see ``packInPlace(_:)``.
  func panels(piece: Int) -> AlignedBuffer<Float> {
    packInPlace { source, block, rowCount in
      GEMM.forEachPiece(of: columns, piece: piece) { first, count in
        var target = block + first * rowCount
        for r in stride(from: 0, to: rowCount, by: 4) {
          let row = source + r * columns + first
          for k in 0..<count {
            for i in 0..<4 { target[i] = row[i * columns + k] }
            target += 4
          }
        }
      }
    }
  }

  /// A block's rows take the same memory packed, so no second copy of a matrix ever exists.
  /// - Parameter body: fills a block from a copy of its rows.
  private func packInPlace(
    _ body: (_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ rows: Int) -> Void
  ) -> AlignedBuffer<Float> {
    forEachBlock { first, count in
      let target = values.base + first * columns
      let source = assay_scratch(count * columns * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      source.update(from: target, count: count * columns)
      body(source, target, count)
    }
    return values
  }

  /// Values that have the precision of the format already.
  func halves(_ format: HalfFormat) -> AlignedBuffer<UInt16> {
    let packed = AlignedBuffer<UInt16>(inHugePages: rows * columns)
    forEachBlock { first, count in
      let target = packed.base + first * columns
      for r in 0..<count {
        let row = values.base + (first + r) * columns
        for k in 0..<columns {
          target[k * count + r] =
            format == .fp16 ? Float16(row[k]).bitPattern : UInt16(truncatingIfNeeded: row[k].bitPattern >> 16)
        }
      }
    }
    return packed
  }

  func bytes() -> AlignedBuffer<Int8> {
    let depth = (columns + 3) / 4
    let packed = AlignedBuffer<Int8>(inHugePages: rows * depth * 4)
    forEachBlock { first, count in
      let target = packed.base + first * depth * 4
      for r in 0..<count {
        let row = values.base + (first + r) * columns
        for k in 0..<columns { target[(k / 4 * count + r) * 4 + k % 4] = Int8(row[k]) }
      }
    }
    return packed
  }

  /// The sum of each row's integers.
  func rowSums() -> AlignedBuffer<Int32> {
    let sums = AlignedBuffer<Int32>(count: rows)
    forEachBlock { first, count in
      for r in first..<first + count {
        var sum: Int32 = 0
        for k in 0..<columns { sum += Int32(values.base[r * columns + k]) }
        sums.base[r] = sum
      }
    }
    return sums
  }

  private func forEachBlock(_ body: (_ first: Int, _ count: Int) -> Void) {
    let size = GEMM.blockRows
    pool.run((rows + size - 1) / size) { block in body(block * size, min(size, rows - block * size)) }
  }
}
