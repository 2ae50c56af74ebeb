/// Some tokens that a model reads in one go, and those of them whose next token is scored.
package struct TextWindow: Sendable, Hashable {
  /// Its place among the windows of the text.
  package let index: Int
  /// As the model is shown them.
  package let tokens: [TokenID]
  /// The positions that are scored.
  package let scored: Range<Int>
  /// The token that really follows each scored position.
  package let targets: [TokenID]
  /// So many tokens from the first are one tensor, where activations are scaled per tensor; see ``Segment/wholeTensor``.
  package let wholeTensor: Int

  package init(index: Int, tokens: [TokenID], scored: Range<Int>, targets: [TokenID], wholeTensor: Int? = nil) {
    precondition(scored.count == targets.count && scored.upperBound <= tokens.count, "a target for each position")
    (self.index, self.tokens, self.scored, self.targets) = (index, tokens, scored, targets)
    self.wholeTensor = wholeTensor ?? tokens.count
  }

  /// An answer as it was generated: a prompt, then token after token. Every token of the answer is scored.
  package init(index: Int, prompt: [TokenID], answer: [TokenID]) {
    precondition(!prompt.isEmpty, "a prompt has a token")
    self.init(
      index: index, tokens: prompt + answer.dropLast(),
      scored: prompt.count - 1..<prompt.count - 1 + answer.count, targets: answer, wholeTensor: prompt.count)
  }
}

/// Which tokens of a text's windows are scored.
package enum ScoringRule: String, CaseIterable, Sendable {
  /// llama.cpp's: whole windows only, and of each the second half, which has context enough. Its first token is shown
  /// as the beginning-of-text token where the model has one.
  case lastHalf = "last-half"
  /// Every token but the first of each window; a last window that is not full counts too.
  case all

  /// Cuts a text into windows of at most `contextLength` tokens.
  ///
  /// - Parameters:
  ///   - bos: shown in the place of each window's first token, under ``lastHalf``.
  ///   - limit: most windows.
  /// - Throws: ``TextTooShort`` when there is nothing to score.
  package func windows(
    _ tokens: [TokenID], contextLength n: Int, bos: TokenID?, limit: Int? = nil
  ) throws(TextTooShort) -> [TextWindow] {
    precondition(n >= 4, "a window has at least four tokens")
    let needed = self == .lastHalf ? 2 * n : 2
    guard tokens.count >= needed else { throw TextTooShort(tokens: tokens.count, needed: needed) }
    let whole = tokens.count / n
    let count = self == .lastHalf ? whole : whole + (tokens.count % n > 1 ? 1 : 0)
    return (0..<min(count, limit ?? count)).map { index in
      let original = Array(tokens[index * n..<min(tokens.count, (index + 1) * n)])
      var shown = original
      if self == .lastHalf, let bos { shown[0] = bos }
      let first = self == .lastHalf ? n / 2 : 0
      let last = original.count - 1
      return TextWindow(
        index: index, tokens: shown, scored: first..<last, targets: Array(original[(first + 1)...]))
    }
  }
}

/// A text without enough tokens to score.
package struct TextTooShort: Error, Hashable {
  package let tokens: Int
  package let needed: Int
}
