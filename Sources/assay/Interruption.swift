import Foundation
import Synchronization

// Global, because a signal handler cannot capture anything.
private let requested = Atomic<Bool>(false)

/// Ctrl-C: the first asks for a stop that keeps what is finished, the second stops at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func catchSignals() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if requested.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
  }
}
