import CKernels
import COpenBLAS

/// A block of weight rows as it is multiplied: column after column, `[depth][rows]`.
struct WeightBlock {
  let values: UnsafePointer<Float>
  let rows: Int
  let depth: Int

  init(_ values: UnsafePointer<Float>, rows: Int, depth: Int) {
    self.values = values
    self.rows = rows
    self.depth = depth
  }
}

/// Matrix products, through OpenBLAS in call shapes that give every token the same bits.
///
/// SGEMM is not batch-invariant: the same token gives different bits in batches of other sizes. A call on a whole
/// weight block with a tile of a constant width is; ``KernelProfile`` proves which widths agree on the kernel at hand.
package enum GEMM {
  /// Rows of a weight matrix per call; the unit of work for threads.
  package static let blockRows = 96
  /// Narrowest tiles in order of preference: the wider one is faster, the narrower one invariant on more kernels.
  package static let widths = [32, 16]

  /// The kernel family that OpenBLAS chose for this CPU, such as `Haswell`.
  package static var coreName: String { String(cString: openblas_get_corename()) }

  /// Version and build options as OpenBLAS reports them.
  package static var configuration: String { String(cString: openblas_get_config()) }

  /// One BLAS thread a call: the threads are ours, over fixed blocks.
  private static let prepared: Void = openblas_set_num_threads(1)

  /// `y = W x` for one block and one tile.
  ///
  /// - Parameters:
  ///   - input: x, `depth × width`, row-major.
  ///   - output: y, `rows × width`, row-major.
  static func multiply(
    _ block: WeightBlock, width: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    _ = prepared
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(block.rows), blasint(width), blasint(block.depth), 1,
      block.values, blasint(block.rows), input, blasint(width), 0, output, blasint(width))
  }

  /// The same for the first `tokens` lanes only, each weight read once; needs AVX-512 and rows in sixteens.
  static func multiplyFew(
    _ block: WeightBlock, piece: Int, width: Int, tokens: Int, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    precondition(block.rows % 16 == 0, "rows in sixteens")
    assay_multiply_few(
      block.values, 0, Int32(block.rows), Int32(block.depth), Int32(piece), input, Int32(width), Int32(tokens), output)
  }

  /// The same product by the definition, sums in double: specification and test of ``multiply``.
  static func multiplyReference(
    _ block: WeightBlock, width: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<block.rows {
      for lane in 0..<width {
        var sum = 0.0
        for k in 0..<block.depth { sum += Double(block.values[k * block.rows + r]) * Double(input[k * width + lane]) }
        output[r * width + lane] = Float(sum)
      }
    }
  }
}
