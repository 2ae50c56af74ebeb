import Tensors

/// The token embedding, `[V, d]`, in the files' own format; one row is decoded per token, always to FP32.
struct TokenEmbedding: Sendable {
  private let source: any TensorSource
  private let name: String
  private let rows: Int

  init(_ reader: TensorReader) throws(ModelError) {
    let c = reader.configuration
    try reader.checkMatrix("token_embd.weight", rows: c.vocabularySize, columns: c.width)
    source = reader.source
    name = c.recipe(for: "token_embd.weight", in: reader.source.naming).name
    rows = c.vocabularySize
  }

  /// Gives back the memory of the rows that were read.
  func forget() { source.forget(name) }

  func decode(_ token: TokenID, into row: AlignedBuffer<Float>) {
    let index = Int(token)
    precondition(index >= 0 && index < rows, "token outside the vocabulary")
    do {
      try unsafe source.decode(name, rows: index..<index + 1, into: row.slice(0..<row.count))
    } catch {
      preconditionFailure("the embedding was decodable when the model was loaded: \(error)")
    }
  }
}
