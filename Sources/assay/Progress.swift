import Foundation

/// One line on stderr that says how far a long job is; silent unless stderr is a terminal.
final class Progress {
  private let label: String
  private let total: Int
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant
  private var done: Int
  private var tokens = 0

  /// - Parameter finished: prompts that were finished before, by an interrupted run.
  init(_ label: String, total: Int, finished: Int = 0, quiet: Bool) {
    self.label = label
    self.total = total
    done = finished
    isShown = !quiet && isatty(2) == 1
    start = clock.now
    lastShown = start
  }

  func generated(_ count: Int) {
    tokens += count
    let now = clock.now
    guard isShown, now - lastShown > .milliseconds(200) else { return }
    lastShown = now
    show(now)
  }

  func finishedPrompt() { done += 1 }

  /// Seconds since the start.
  var elapsed: Double { (clock.now - start) / .seconds(1) }

  /// Clears the line and returns what was done in how long, for a log.
  func finish() -> String {
    if isShown { Terminal.error("\r\u{1B}[K", terminator: "") }
    let seconds = elapsed
    return "\(label): \(done) prompts, \(tokens) tokens in \(fixed(seconds, 1)) s"
      + (seconds > 0 ? ", \(Int((Double(tokens) / seconds).rounded())) tokens/s" : "")
  }

  private func show(_ now: ContinuousClock.Instant) {
    let seconds = (now - start) / .seconds(1)
    var line = "\(label)  \(done)/\(total) prompts  \(Int(Double(tokens) / seconds)) tokens/s"
    if done > 0 {
      let left = Int(seconds / Double(done) * Double(total - done))
      line += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    Terminal.error("\r\u{1B}[K" + line, terminator: "")
  }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    value.formatted(
      .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
  }
}

/// The two output streams.
enum Terminal {
  /// Writes to stderr, where everything but results goes.
  static func error(_ text: String, terminator: String = "\n") {
    try? FileHandle.standardError.write(contentsOf: Data((text + terminator).utf8))
  }

  /// Writes a result to stdout; a reader that went away is not an error.
  static func result(_ text: String, terminator: String = "\n") {
    try? FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
  }

  /// Columns of the terminal on stdout, or `nil` when it is not one.
  static var columns: Int? {
    guard isatty(1) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
