/// The shape of one GEMM call on a weight block.
package struct GEMMShape: Hashable, Sendable {
  package let rows: Int
  package let depth: Int

  /// The call shapes that a `rows × columns` weight matrix is cut into.
  package static func blocks(rows: Int, columns: Int) -> Set<GEMMShape> {
    var shapes: Set<GEMMShape> = []
    if rows >= GEMM.blockRows { shapes.insert(GEMMShape(rows: GEMM.blockRows, depth: columns)) }
    if rows % GEMM.blockRows != 0 { shapes.insert(GEMMShape(rows: rows % GEMM.blockRows, depth: columns)) }
    return shapes
  }
}

extension GEMM {
  /// Tile widths in order of preference: the wider one is faster, the narrower one invariant on more kernels.
  package static let widths = [32, 16]

  /// The widest tile whose results on this BLAS kernel do not depend on the lane or on the other lanes, or `nil`.
  ///
  /// Checked by computation on the very shapes a model uses, once at start; takes some milliseconds.
  package static func invariantWidth(for shapes: Set<GEMMShape>) -> Int? {
    widths.first { width in shapes.allSatisfy { isInvariant($0, width: width) } }
  }

  /// Whether a column gives the same bits in every lane, beside zeros and beside other values, and the right value.
  static func isInvariant(_ shape: GEMMShape, width: Int) -> Bool {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    let weights = AlignedBuffer<Float>(count: shape.rows * shape.depth)
    for i in 0..<weights.count { weights.base[i] = random() }
    let column = (0..<shape.depth).map { _ in random() }
    let input = AlignedBuffer<Float>(count: shape.depth * width)
    let output = AlignedBuffer<Float>(count: shape.rows * width)

    func result(lane: Int, besideZeros: Bool) -> [Float] {
      for i in 0..<input.count { input.base[i] = besideZeros ? 0 : random() }
      for k in 0..<shape.depth { input.base[k * width + lane] = column[k] }
      multiply(
        weights.base, weightStride: shape.depth, rows: shape.rows, depth: shape.depth, width: width,
        input: input.base, output: output.base)
      return (0..<shape.rows).map { output.base[$0 * width + lane] }
    }

    let expected = result(lane: 0, besideZeros: true)
    let exact = (0..<shape.rows).map { r in
      (0..<shape.depth).reduce(0.0) { $0 + Double(weights.base[r * shape.depth + $1]) * Double(column[$1]) }
    }
    let tolerance = 1e-6 * Double(shape.depth)
    guard zip(expected, exact).allSatisfy({ abs(Double($0) - $1) <= tolerance }) else { return false }
    return (0..<width).allSatisfy { lane in
      result(lane: lane, besideZeros: false).elementsEqual(expected) { $0.bitPattern == $1.bitPattern }
    }
  }
}
