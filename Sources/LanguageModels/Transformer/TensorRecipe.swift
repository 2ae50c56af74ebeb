/// Where the values of one of the engine's tensors lie in a model's files, and what turns the file's order into ours.
///
/// The engine knows tensors by GGUF's names whatever the files call them, keeps query, key and value apart, and turns
/// adjacent pairs of a head in rotary embedding.
struct TensorRecipe {
  /// The name in the files.
  let name: String
  /// The file's row (or, of a vector, element) for each of ours; `nil` when all are taken in their order.
  var rows: [Int]?
  /// Rows in the files, where only some are taken.
  var storedRows: Int?
  /// Whether a matrix is stored `[in][out]` (GPT-2's `Conv1D`).
  var isTransposed = false
  /// What is added to every value (Gemma stores `w - 1` of its norms).
  var offset: Float = 0
}

extension Configuration {
  /// The recipe of one of the engine's tensors, such as `blk.0.attn_q.weight`.
  func recipe(for name: String, in naming: TensorNaming) -> TensorRecipe { TensorRecipe(name: name) }
}
