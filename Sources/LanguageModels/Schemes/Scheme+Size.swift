extension Scheme {
  /// Bits that a weight of the linear layers takes on average, scales included; without output matrix and embedding.
  ///
  /// ModelOpt's "effective bits": weighted by how many weights a matrix has.
  package func effectiveBits(of model: Configuration) -> Double {
    var (bits, weights) = (0.0, 0)
    for layer in 0..<model.layers {
      for matrix in model.layerMatrices {
        let site = LinearSite(
          module: "blk.\(layer).\(matrix.name)", columns: matrix.columns, stored: nil, isTied: true, model: model)
        let count = matrix.rows * matrix.columns
        bits += form(for: site).bitsPerWeight(rows: matrix.rows, columns: matrix.columns) * Double(count)
        weights += count
      }
    }
    return weights == 0 ? 0 : bits / Double(weights)
  }
}

extension Configuration {
  /// The matrices of one layer.
  fileprivate var layerMatrices: [(name: String, rows: Int, columns: Int)] {
    [
      ("attn_q", queryWidth, width), ("attn_k", kvWidth, width), ("attn_v", kvWidth, width),
      ("attn_output", width, queryWidth), ("ffn_gate", feedForwardWidth, width), ("ffn_up", feedForwardWidth, width),
      ("ffn_down", width, feedForwardWidth),
    ]
  }
}
