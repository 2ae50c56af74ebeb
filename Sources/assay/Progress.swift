import Foundation
import Statistics

/// One line on stderr that says how far a long job is; silent unless stderr is a terminal.
final class Progress {
  private let label: String
  private let unit: String
  private let total: Int
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant
  /// Prompts that are done, and those that were before this process began.
  private var done: Int
  private let finishedBefore: Int
  private var tokens = 0

  /// - Parameters:
  ///   - finished: prompts that were finished before, by an interrupted run.
  ///   - unit: what is counted.
  init(_ label: String, total: Int, finished: Int = 0, unit: String = "prompts", quiet: Bool) {
    self.label = label
    self.unit = unit
    self.total = total
    done = finished
    finishedBefore = finished
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

  /// Clears the line, so that a result can take its place.
  func clear() {
    if isShown { Terminal.error("\r\u{1B}[K", terminator: "") }
  }

  /// Seconds since the start.
  var elapsed: Double { (clock.now - start) / .seconds(1) }

  /// `nil` before the first token.
  var tokensPerSecond: Double? { tokens > 0 && elapsed > 0 ? Double(tokens) / elapsed : nil }

  /// Clears the line and returns what was done in how long, for a log.
  func finish() -> String {
    clear()
    let seconds = elapsed
    return "\(label): \(done - finishedBefore) \(unit), \(tokens) tokens in \(seconds.fixedPoint(1)) s"
      + (seconds > 0 ? ", \(Int((Double(tokens) / seconds).rounded())) tokens/s" : "")
  }

  private func show(_ now: ContinuousClock.Instant) {
    let seconds = (now - start) / .seconds(1)
    var line = "\(label)  \(done)/\(total) \(unit)  \(Int(Double(tokens) / seconds)) tokens/s"
    if done > finishedBefore {
      let left = Int(seconds / Double(done - finishedBefore) * Double(total - done))
      line += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    // A line that wraps could not be cleared.
    if let columns = Terminal.columns(of: 2) { line = String(line.suffix(max(columns - 1, 0))) }
    Terminal.error("\r\u{1B}[K" + line, terminator: "")
  }
}

/// The two output streams.
enum Terminal {
  /// Writes to stderr, where everything but results goes.
  static func error(_ text: String, terminator: String = "\n") {
    try? FileHandle.standardError.write(contentsOf: Data((text + terminator).utf8))
  }

  /// Writes a result to stdout; a reader that went away is not an error.
  /// - Throws: ``AssayError`` when it cannot be written, as on a full disk.
  static func result(_ text: String, terminator: String = "\n") throws {
    do {
      try ByteSink(path: nil).write(Array((text + terminator).utf8))
    } catch is ByteSink.Closed {}
  }

  /// Whether stdout is a terminal that shows colours, and nobody asked for none (no-color.org).
  static var showsColours: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(1) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// Columns of the terminal on stdout (1) or stderr (2), or `nil` when it is not one.
  static func columns(of descriptor: Int32 = 1) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
