internal import Dispatch
internal import Synchronization

/// The results of `transform` for each element, in order, computed side by side on the machine's cores.
package func parallelMap<Result: Sendable>(_ range: Range<Int>, _ transform: @Sendable (Int) -> Result) -> [Result] {
  let results = Mutex<[Int: Result]>([:])
  DispatchQueue.concurrentPerform(iterations: range.count) { offset in
    let result = transform(range.lowerBound + offset)
    results.withLock { $0[offset] = result }
  }
  return results.withLock { results in range.indices.map { results[$0 - range.lowerBound]! } }
}
