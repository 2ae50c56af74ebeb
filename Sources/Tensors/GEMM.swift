import COpenBLAS

/// Matrix products through OpenBLAS, in the one call shape that gives every token the same bits.
///
/// SGEMM is not batch-invariant: the same token gives different bits in batches of other sizes. A call that always has
/// a whole weight block as its left operand and a tile of constant width as its right one is invariant on the kernels
/// tested (docs: CONTRIBUTING "Fixed tile"); ``invariantWidth(for:)`` proves it for the kernel at hand.
package enum GEMM {
  /// Rows of a weight matrix per call; the unit of work for threads.
  package static let blockRows = 96

  /// The kernel family that OpenBLAS chose for this CPU, such as `Haswell`.
  package static var coreName: String { String(cString: openblas_get_corename()) }

  /// Version and build options as OpenBLAS reports them.
  package static var configuration: String { String(cString: openblas_get_config()) }

  /// One BLAS thread a call: the threads are ours, over fixed blocks.
  static let prepared: Void = openblas_set_num_threads(1)

  /// `y = W x`.
  ///
  /// - Parameters:
  ///   - weights: W, `rows × depth`, row-major, `weightStride` floats from row to row.
  ///   - input: x, `depth × width`, row-major.
  ///   - output: y, `rows × width`, row-major.
  static func multiply(
    _ weights: UnsafePointer<Float>, weightStride: Int, rows: Int, depth: Int, width: Int,
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    _ = prepared
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(width), blasint(depth), 1, weights,
      blasint(weightStride), input, blasint(width), 0, output, blasint(width))
  }

  /// The same product by the definition, sums in double: specification and test of ``multiply``.
  static func multiplyReference(
    _ weights: UnsafePointer<Float>, weightStride: Int, rows: Int, depth: Int, width: Int,
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<rows {
      for lane in 0..<width {
        var sum = 0.0
        for k in 0..<depth { sum += Double(weights[r * weightStride + k]) * Double(input[k * width + lane]) }
        output[r * width + lane] = Float(sum)
      }
    }
  }
}
