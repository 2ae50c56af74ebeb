import CKernels

extension GEMM {
  /// Longest sum of int8 × int8 products whose every partial sum is exact in Float32: 1024 · 128² = 2²⁴.
  package static let exactDepth = 1024

  /// `y = W x` for integer-valued operands in [-128, 127], accumulated exactly in Int32.
  ///
  /// Integers up to 2²⁴ are exact in Float32, so SGEMM over slabs of at most ``exactDepth`` columns adds without
  /// rounding in any order, on any kernel; slabs are added as integers. Bit-equal to INT8 × INT8 → INT32 hardware for
  /// depths up to 131 071.
  static func multiplyIntegers(
    _ block: WeightBlock, width: Int, input: UnsafePointer<Float>, accumulators: UnsafeMutablePointer<Int32>
  ) {
    let slabs = max(1, (block.depth + exactDepth - 1) / exactDepth)
    let slabDepth = (block.depth + slabs - 1) / slabs
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block.rows * width) { partial in
      for slab in 0..<slabs {
        let first = slab * slabDepth
        multiply(
          WeightBlock(
            block.values + first * block.rows, rows: block.rows, depth: min(slabDepth, block.depth - first)),
          width: width, input: input + first * width, output: partial.baseAddress!)
        assay_accumulate_int32(partial.baseAddress!, accumulators, block.rows * width, slab == 0 ? 0 : 1)
      }
    }
  }

  /// `W Xᵀ` of int8 matrices as int32, by one of the paths that inference takes: for checks from outside this module.
  ///
  /// - Parameters:
  ///   - weights: `rows × depth`, row-major.  - inputs: `tokens × depth`, row-major.
  ///   - native: by integer instructions where the CPU has them, else through SGEMM.
  /// - Returns: `tokens × rows`, row-major.
  package static func multiplyIntegers(
    _ weights: [Int8], rows: Int, inputs: [Int8], tokens: Int, depth: Int, width: Int, native: Bool = false
  ) -> [Int32] {
    precondition(weights.count == rows * depth && inputs.count == tokens * depth, "operand sizes differ from shapes")
    let packer = WeightPacker(
      values: AlignedBuffer(weights.map(Float.init)), rows: rows, columns: depth, pool: WorkerPool(threads: 1))
    let usesVNNI = native && assay_has_vnni() != 0
    let (bytes, sums) = (packer.bytes(), packer.rowSums())
    let floats = packer.floats()
    let depth4 = (depth + 3) / 4
    var result = [Int32](repeating: 0, count: tokens * rows)
    let x = AlignedBuffer<Float>(count: depth * width)
    let stored = AlignedBuffer<UInt8>(count: depth4 * 4 * width)
    let y = AlignedBuffer<Int32>(count: rows * width)
    for firstToken in stride(from: 0, to: tokens, by: width) {
      let lanes = min(width, tokens - firstToken)
      for lane in 0..<width {
        for k in 0..<depth {
          x.base[k * width + lane] = lane < lanes ? Float(inputs[(firstToken + lane) * depth + k]) : 0
        }
      }
      assay_store_int8(x.base, stored.base, Int32(depth), Int32(width), Int32(width))
      for first in stride(from: 0, to: rows, by: blockRows) {
        let count = min(blockRows, rows - first)
        if usesVNNI {
          assay_multiply_int8(
            bytes.base + first * depth4 * 4, sums.base + first, Int32(count), Int32(depth4), stored.base,
            Int32(width), Int32(lanes), y.base + first * width)
        } else {
          multiplyIntegers(
            WeightBlock(floats.base + first * depth, rows: count, depth: depth), width: width, input: x.base,
            accumulators: y.base + first * width)
        }
      }
      for lane in 0..<lanes {
        for r in 0..<rows { result[(firstToken + lane) * rows + r] = y.base[r * width + lane] }
      }
    }
    return result
  }

  /// The same by three plain integer loops: specification and test.
  package static func multiplyIntegersReference(
    _ weights: [Int8], rows: Int, inputs: [Int8], tokens: Int, depth: Int
  ) -> [Int32] {
    var result = [Int32](repeating: 0, count: tokens * rows)
    for t in 0..<tokens {
      for r in 0..<rows {
        var sum: Int32 = 0
        for k in 0..<depth { sum += Int32(weights[r * depth + k]) * Int32(inputs[t * depth + k]) }
        result[t * rows + r] = sum
      }
    }
    return result
  }
}
