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

  /// Whether this OpenBLAS shows the inner product that ``multiplyPacked`` calls.
  static var hasInnerProduct: Bool {
    let library = assay_openblas().pointee
    return library.sgemm_kernel != nil && library.sgemm_itcopy != nil
  }

  /// Lays lanes `0..<lanes` of x out as the inner product reads them, piece after piece, `depth × lanes` floats.
  static func packInput(
    _ input: UnsafePointer<Float>, depth: Int, width: Int, lanes: Int, piece: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    forEachPiece(of: depth, piece: piece) { first, count in
      _ = assay_openblas().pointee.sgemm_itcopy(count, lanes, input + first * width, width, packed + first * lanes)
    }
  }

  /// `y = W x` by OpenBLAS's inner product on operands that were packed once, where a plain call packs both each time.
  ///
  /// - Parameters:
  ///   - weights: as ``WeightPacker/panels(piece:)`` packs a block.
  ///   - input: as ``packInput`` packs a tile.
  ///   - output: y, `rows × width`, row-major; zeros in the lanes beyond.
  static func multiplyPacked(
    _ weights: UnsafePointer<Float>, rows: Int, depth: Int, piece: Int, input: UnsafePointer<Float>, lanes: Int,
    width: Int, output: UnsafeMutablePointer<Float>
  ) {
    output.update(repeating: 0, count: rows * width)
    forEachPiece(of: depth, piece: piece) { first, count in
      addPiece(
        weights + first * rows, rows: rows, depth: count, input: input + first * lanes, lanes: lanes, width: width,
        output: output)
    }
  }

  /// `y += W x` over one piece of columns, operands as for ``multiplyPacked``.
  static func addPiece(
    _ weights: UnsafePointer<Float>, rows: Int, depth: Int, input: UnsafePointer<Float>, lanes: Int, width: Int,
    output: UnsafeMutablePointer<Float>
  ) {
    _ = assay_openblas().pointee.sgemm_kernel(lanes, rows, depth, 1, input, weights, output, width)
  }

  /// Cuts a sum over `depth` columns as OpenBLAS's driver does.
  static func forEachPiece(of depth: Int, piece: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    var first = 0
    while first < depth {
      let count = Int(assay_piece_columns(Int32(first), Int32(depth), Int32(piece)))
      body(first, count)
      first += count
    }
  }

  /// `C = A B`, or `A Bᵀ`, row-major, on one thread: for calibration, where every call has a fixed shape.
  static func multiply(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int, transposed: Bool,
    rows: Int, depth: Int, columns: Int, output: UnsafeMutablePointer<Float>
  ) {
    _ = prepared
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
      blasint(depth), 1, a, blasint(aStride), b, blasint(bStride), 0, output, blasint(columns))
  }

  /// A block's product by the definition, sums in double: specification and test of ``multiply``.
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
