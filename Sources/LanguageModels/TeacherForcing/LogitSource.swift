package import Tensors

/// Where the logits of a text's windows come from: a model in memory, one whose layers are streamed, or a file.
package protocol LogitSource: AnyObject {
  var vocabularySize: Int { get }

  /// Takes up a window; its logits can be asked for until the next one.
  func read(_ window: TextWindow) throws

  /// The logits at some of the window's scored positions, counted from its first scored one.
  func logits(_ range: Range<Int>) throws -> LogitBlock
}

/// Logits of a model in memory.
package final class ForwardLogits: LogitSource {
  package let forward: Forward
  private let keptBytes: Int
  private var kept: [Int: FinalResiduals] = [:]
  private var usedBytes = 0
  private var current: (window: TextWindow, residuals: FinalResiduals)?

  /// Tokens of one step; where activations are scaled per tensor a longer window is several tensors.
  package static let tokensPerStep = 512

  /// - Parameter keptBytes: memory for what windows came to, so that reading one again costs its logits only.
  package init(_ forward: Forward, keptBytes: Int = 0) {
    self.forward = forward
    self.keptBytes = keptBytes
  }

  package var vocabularySize: Int { forward.configuration.vocabularySize }

  package func read(_ window: TextWindow) {
    if let residuals = kept[window.index] {
      precondition(residuals.count == window.scored.count, "the same windows every time")
      current = (window, residuals)
      return
    }
    let sequence = TokenSequence(forward, capacity: window.tokens.count)
    let residuals = FinalResiduals(width: forward.configuration.width, capacity: window.scored.count)
    for start in stride(from: 0, to: window.tokens.count, by: Self.tokensPerStep) {
      let range = start..<min(window.tokens.count, start + Self.tokensPerStep)
      let segment = Segment(
        sequence: sequence, tokens: Array(window.tokens[range]),
        wholeTensor: range.clamped(to: 0..<window.wholeTensor).count)
      let scored = window.scored.clamped(to: range)
      residuals.append(
        forward.residuals([segment], kept: [scored.lowerBound - start..<scored.upperBound - start]))
    }
    current = (window, residuals)
    if usedBytes + residuals.byteCount <= keptBytes {
      kept[window.index] = residuals
      usedBytes += residuals.byteCount
    }
  }

  package func logits(_ range: Range<Int>) -> LogitBlock {
    guard let current else { preconditionFailure("a window is read first") }
    return forward.logits(of: current.residuals, tokens: range, targets: Array(current.window.targets[range]))
  }
}
