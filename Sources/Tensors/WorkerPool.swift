import CKernels

/// A fixed set of threads that share indexed tasks; the calling thread is one of them.
///
/// Which thread runs a task is left open, so a task's result must not depend on it: every partition in this module is
/// made of the shapes alone, never of the number of threads.
package final class WorkerPool {
  package let threads: Int
  private let pool: OpaquePointer

  package init(threads: Int) {
    precondition(threads >= 1, "a pool needs at least one thread")
    self.threads = threads
    guard let pool = assay_pool_create(Int32(threads)) else { preconditionFailure("no memory for a thread pool") }
    self.pool = pool
  }

  deinit { assay_pool_destroy(pool) }

  /// Calls `body` once for each index in `0..<count`, concurrently, and returns when all calls have returned.
  package func run(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Task(body: body)) { context in
        assay_pool_run(
          pool, Int32(count),
          { context, index in context!.assumingMemoryBound(to: Task.self).pointee.body(Int(index)) },
          UnsafeMutableRawPointer(mutating: context))
      }
    }
  }

  /// A pointer to a closure itself would need a copy of it on the heap.
  private struct Task {
    let body: (Int) -> Void
  }

  /// Cuts `0..<count` into runs of a fixed size and calls `body` with the start and length of each.
  func forEachRun(of count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    let size = 16384
    run((count + size - 1) / size) { index in body(index * size, min(size, count - index * size)) }
  }
}
