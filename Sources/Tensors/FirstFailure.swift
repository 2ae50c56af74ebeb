import Synchronization

/// Keeps the failure of the task with the lowest index, so that what is reported does not depend on the threads.
package final class FirstFailure<Failure: Error>: Sendable {
  private let state = Mutex<(index: Int, error: Failure)?>(nil)

  package init() {}

  package var first: Failure? { state.withLock { $0?.error } }

  package func record(_ error: Failure, at index: Int) {
    state.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
  }
}
