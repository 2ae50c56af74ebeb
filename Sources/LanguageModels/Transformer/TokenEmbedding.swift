import Tensors

/// The token embedding, `[V, d]`, and that of positions where they are learned, in the files' own format; one row is
/// decoded per token, always to FP32.
struct TokenEmbedding: Sendable {
  private let source: any TensorSource
  private let name: String
  private let rows: Int
  private let positions: String?
  private let scale: Float

  init(_ reader: TensorReader) throws(ModelError) {
    let c = reader.configuration
    func stored(_ tensor: String, rows: Int) throws(ModelError) -> String {
      try reader.checkMatrix(tensor, rows: rows, columns: c.width)
      return c.name(of: tensor, in: reader.source.naming)
    }
    source = reader.source
    name = try stored("token_embd.weight", rows: c.vocabularySize)
    positions = c.architecture.learnsPositions ? try stored("position_embd.weight", rows: c.contextLength) : nil
    rows = c.vocabularySize
    scale = c.embeddingScale
  }

  /// Gives back the memory of the rows that were read.
  func forget() { source.forget(name) }

  func decode(_ token: TokenID, position: Int, into row: AlignedBuffer<Float>) {
    let index = Int(token)
    precondition(index >= 0 && index < rows, "token outside the vocabulary")
    do {
      try unsafe source.decode(name, rows: index..<index + 1, into: row.slice(0..<row.count))
      if scale != 1 { for f in 0..<row.count { row[f] *= scale } }
      guard let positions else { return }
      let learned = AlignedBuffer<Float>(count: row.count)
      try unsafe source.decode(positions, rows: position..<position + 1, into: learned.slice(0..<row.count))
      for f in 0..<row.count { row[f] += learned[f] }
    } catch {
      preconditionFailure("the embedding was decodable when the model was loaded: \(error)")
    }
  }
}
