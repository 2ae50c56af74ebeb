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
    _ weights: UnsafePointer<Float>, weightStride: Int, rows: Int, depth: Int, width: Int,
    input: UnsafePointer<Float>, accumulators: UnsafeMutablePointer<Int32>
  ) {
    let slabs = max(1, (depth + exactDepth - 1) / exactDepth)
    let slabDepth = (depth + slabs - 1) / slabs
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * width) { partial in
      for slab in 0..<slabs {
        let first = slab * slabDepth
        multiply(
          weights + first, weightStride: weightStride, rows: rows, depth: min(slabDepth, depth - first), width: width,
          input: input + first * width, output: partial.baseAddress!)
        assay_accumulate_int32(partial.baseAddress!, accumulators, rows * width, slab == 0 ? 0 : 1)
      }
    }
  }

  /// `W Xᵀ` of int8 matrices as int32, by the path that inference takes: for checks from outside this module.
  ///
  /// - Parameters:
  ///   - weights: `rows × depth`, row-major.  - inputs: `tokens × depth`, row-major.
  /// - Returns: `tokens × rows`, row-major.
  package static func multiplyIntegers(
    _ weights: [Int8], rows: Int, inputs: [Int8], tokens: Int, depth: Int, width: Int
  ) -> [Int32] {
    precondition(weights.count == rows * depth && inputs.count == tokens * depth, "operand sizes differ from shapes")
    let w = AlignedBuffer<Float>(count: weights.count)
    for (i, value) in weights.enumerated() { w.base[i] = Float(value) }
    var result = [Int32](repeating: 0, count: tokens * rows)
    let x = AlignedBuffer<Float>(count: depth * width)
    let y = AlignedBuffer<Int32>(count: rows * width)
    for firstToken in stride(from: 0, to: tokens, by: width) {
      let lanes = min(width, tokens - firstToken)
      for lane in 0..<width {
        for k in 0..<depth {
          x.base[k * width + lane] = lane < lanes ? Float(inputs[(firstToken + lane) * depth + k]) : 0
        }
      }
      multiplyIntegers(
        w.base, weightStride: depth, rows: rows, depth: depth, width: width, input: x.base, accumulators: y.base)
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
