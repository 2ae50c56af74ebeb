import Foundation

/// One line on stderr that says how much of a file is written; silent unless stderr is a terminal.
final class ByteProgress {
  private let label: String
  private let total: Int
  private let isShown: Bool
  private var lastPercent = -1

  init(_ label: String, total: Int, quiet: Bool) {
    self.label = label
    self.total = max(1, total)
    isShown = !quiet && isatty(2) == 1
  }

  func advance(to bytes: Int) {
    let percent = min(100, Int(Double(bytes) / Double(total) * 100))
    guard isShown, percent != lastPercent else { return }
    lastPercent = percent
    Terminal.error("\r\u{1B}[K\(label)  \(percent) %", terminator: "")
  }

  func finish() {
    if isShown { Terminal.error("\r\u{1B}[K", terminator: "") }
  }
}
