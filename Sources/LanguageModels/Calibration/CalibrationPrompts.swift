/// The prompts that calibration learns from, and how its long work is watched.
package struct CalibrationPrompts {
  /// Each prompt's tokens, as the model would read them before it answers.
  package let prompts: [[TokenID]]
  /// Called after each layer with the number of layers done.
  package let progress: (Int) -> Void
  /// Asked after each layer; true ends the work with ``ModelError/interrupted``.
  package let isCancelled: () -> Bool

  /// Most tokens of all prompts together: each takes `4 · width` bytes for its residual stream.
  package static let maximumTokens = 1 << 18

  package static var none: CalibrationPrompts { CalibrationPrompts(prompts: []) }

  package init(
    prompts: [[TokenID]], progress: @escaping (Int) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) {
    self.prompts = prompts
    self.progress = progress
    self.isCancelled = isCancelled
  }

  /// - Throws: ``ModelError`` when there is nothing to learn from, or more than fits.
  func check(_ configuration: Configuration, scheme: Scheme) throws(ModelError) {
    let tokens = prompts.reduce(0) { $0 + $1.count }
    guard tokens > 0 else { throw .needsCalibration(scheme: scheme.description) }
    guard tokens <= Self.maximumTokens else {
      throw .implausible(
        key: "tokens of the calibration prompts", value: "\(tokens)", expected: "at most \(Self.maximumTokens)")
    }
    for prompt in prompts where prompt.count > configuration.contextLength {
      throw .implausible(
        key: "tokens of a calibration prompt", value: "\(prompt.count)",
        expected: "at most the \(configuration.contextLength) that the model reads")
    }
  }
}
