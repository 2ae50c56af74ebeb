import CKernels

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

/// Pseudo-random operands of one shape, and what each way of multiplying makes of them.
final class GEMMTrial {
  private let shape: GEMMShape
  private let weights: AlignedBuffer<Float>
  /// Columns that take turns in the lanes.
  private let columns: [[Float]]
  /// What the narrowest tile gives for each column; everything else is held against it.
  private(set) var expected: [[Float]] = []

  init(_ shape: GEMMShape) {
    self.shape = shape
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    weights = AlignedBuffer(count: shape.rows * shape.depth)
    for i in 0..<weights.count { weights.base[i] = random() }
    columns = (0..<3).map { _ in (0..<shape.depth).map { _ in random() } }
  }

  /// Takes the results at a width as what is expected; false when they are wrong or differ between lanes.
  func settle(width: Int) -> Bool {
    expected = []
    let first = product(width: width, turn: 0)
    let depth = shape.depth
    for (index, column) in columns.enumerated() {
      let result = (0..<shape.rows).map { first[$0 * width + index] }
      let tolerance = 1e-6 * Double(depth)
      for (row, value) in result.enumerated() {
        let exact = (0..<depth).reduce(0.0) {
          $0 + Double(weights.base[$1 * shape.rows + row]) * Double(column[$1])
        }
        guard abs(Double(value) - exact) <= tolerance else { return false }
      }
      expected.append(result)
    }
    return agrees(width: width)
  }

  /// Whether every lane of a tile gives the expected bits for every column, whatever stands in the other lanes.
  func agrees(width: Int) -> Bool {
    columns.indices.allSatisfy { turn in
      isExpected(product(width: width, turn: turn), width: width, lanes: width, turn: turn)
    }
  }

  private func isExpected(_ result: AlignedBuffer<Float>, width: Int, lanes: Int, turn: Int = 0) -> Bool {
    (0..<lanes).allSatisfy { lane in
      let column = expected[(lane + turn) % columns.count]
      return (0..<shape.rows).allSatisfy { result[$0 * width + lane].bitPattern == column[$0].bitPattern }
    }
  }

  /// Whether OpenBLAS's inner product, summing in pieces of `piece` columns, gives the expected bits for few tokens
  /// and for narrow tiles.
  func agrees(piece: Int, base: Int) -> Bool {
    guard shape.rows % 4 == 0 else { return false }
    return (1...KernelProfile.fewTokens).allSatisfy {
      agrees(piece: piece, lanes: $0, width: KernelProfile.narrowWidth($0))
    }
      && Set([16, base]).allSatisfy { agrees(piece: piece, lanes: $0, width: $0) }
  }

  /// Whether it does for the first `lanes` of a tile.
  func agrees(piece: Int, lanes: Int, width: Int) -> Bool {
    let input = input(width: width, turn: 0)
    let packed = AlignedBuffer<Float>(count: shape.depth * lanes)
    let panels = panels(piece: piece)
    let output = AlignedBuffer<Float>(count: shape.rows * width)
    return withExtendedLifetime((input, panels)) {
      GEMM.packInput(input.base, depth: shape.depth, width: width, lanes: lanes, piece: piece, into: packed.base)
      GEMM.multiplyPacked(
        panels.base, rows: shape.rows, depth: shape.depth, piece: piece, input: packed.base, lanes: lanes,
        width: width, output: output.base)
      return isExpected(output, width: width, lanes: lanes)
    }
  }

  /// Whether the products written by hand for few tokens, with 32-bit and with 16-bit weights, give the bits of the
  /// inner product.
  func agreesForFew(piece: Int) -> Bool {
    guard assay_has_avx512() != 0, shape.rows % 16 == 0 else { return false }
    let halves = AlignedBuffer<UInt16>(count: weights.count)
    for i in 0..<weights.count { halves.base[i] = Float16(weights.base[i]).bitPattern }
    let expanded = AlignedBuffer<Float>(count: weights.count)
    Linear.expand(halves.base, .fp16, rows: shape.rows, depth: shape.depth, piece: piece, into: expanded.base)
    let full = panels(piece: piece)
    let (rows, depth) = (Int32(shape.rows), Int32(shape.depth))
    return [1, 2, 3, 4, 7].allSatisfy { tokens in
      let width = KernelProfile.narrowWidth(tokens)
      let input = input(width: width, turn: 0)
      return withExtendedLifetime((halves, input)) {
        isProduct(of: full, piece: piece, input: input, lanes: tokens, width: width) {
          assay_multiply_few_panels(full.base, rows, depth, Int32(piece), input.base, Int32(width), Int32(tokens), $0)
        }
          && isProduct(of: expanded, piece: piece, input: input, lanes: tokens, width: width) {
            assay_multiply_few(halves.base, 0, rows, depth, Int32(piece), input.base, Int32(width), Int32(tokens), $0)
          }
      }
    }
  }

  /// Whether `multiply` writes what the inner product of the panels writes.
  private func isProduct(
    of panels: AlignedBuffer<Float>, piece: Int, input: AlignedBuffer<Float>, lanes: Int, width: Int,
    _ multiply: (UnsafeMutablePointer<Float>) -> Void
  ) -> Bool {
    let packed = AlignedBuffer<Float>(count: shape.depth * lanes)
    let (result, expected) = (
      AlignedBuffer<Float>(count: shape.rows * width), AlignedBuffer<Float>(count: shape.rows * width)
    )
    multiply(result.base)
    return withExtendedLifetime((panels, input)) {
      GEMM.packInput(input.base, depth: shape.depth, width: width, lanes: lanes, piece: piece, into: packed.base)
      GEMM.multiplyPacked(
        panels.base, rows: shape.rows, depth: shape.depth, piece: piece, input: packed.base, lanes: lanes,
        width: width, output: expected.base)
      return (0..<shape.rows * width).allSatisfy { result[$0].bitPattern == expected[$0].bitPattern }
    }
  }

  private func panels(piece: Int) -> AlignedBuffer<Float> {
    let panels = AlignedBuffer<Float>(count: weights.count)
    GEMM.forEachPiece(of: shape.depth, piece: piece) { first, count in
      assay_pack_panels(
        weights.base + first * shape.rows, panels.base + first * shape.rows, Int32(shape.rows), Int32(count))
    }
    return panels
  }

  private func input(width: Int, turn: Int) -> AlignedBuffer<Float> {
    let input = AlignedBuffer<Float>(count: shape.depth * width)
    for lane in 0..<width {
      let column = columns[(lane + turn) % columns.count]
      for k in 0..<shape.depth { input.base[k * width + lane] = column[k] }
    }
    return input
  }

  private func product(width: Int, turn: Int) -> AlignedBuffer<Float> {
    let input = input(width: width, turn: turn)
    let output = AlignedBuffer<Float>(count: shape.rows * width)
    return withExtendedLifetime(input) {
      GEMM.multiply(
        WeightBlock(weights.base, rows: shape.rows, depth: shape.depth), width: width, input: input.base,
        output: output.base)
      return output
    }
  }
}
