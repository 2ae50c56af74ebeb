extension Scheme {
  /// Bits that a weight of the linear layers takes on average, scales included; without output matrix and embedding.
  ///
  /// ModelOpt's "effective bits": weighted by how many weights a matrix has.
  package func effectiveBits(of model: Configuration) -> Double {
    var (bits, weights) = (0.0, 0)
    for matrix in model.linearShapes where matrix.module != Self.headName {
      let site = LinearSite(
        module: matrix.module, columns: matrix.columns, stored: nil, isTied: true, model: model)
      let count = matrix.rows * matrix.columns
      bits += form(for: site).bitsPerWeight(rows: matrix.rows, columns: matrix.columns) * Double(count)
      weights += count
    }
    return weights == 0 ? 0 : bits / Double(weights)
  }
}
