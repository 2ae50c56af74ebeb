import Foundation
import Synchronization

/// Ctrl-C: the first asks for a stop that keeps what is finished, the second stops at once.
enum Interruption {
  private static let requested = Atomic<Bool>(false)

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func catchSignals() {
    for number in [SIGINT, SIGTERM] {
      unsafe signal(number) { number in
        if requested.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
  }
}
