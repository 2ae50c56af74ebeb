import Tensors

extension Scheme {
  /// The format that the token embedding is rounded to when it is looked up; `nil` where it stays as it is.
  func embeddingFormat(of model: Configuration, isTied: Bool) -> BlockFormat? {
    guard !skips(Self.embeddingName), !(isTied && skips(Self.headName)) else { return nil }
    return TensorTypePlan(self, for: model)?
      .format(of: Self.embeddingName, columns: model.width, isTied: isTied)
  }
}
