import Analysis
import Dispatch
import Synchronization

/// Scores chunks of lines on several threads and writes them in their order.
///
/// A thread needs a permit to read a chunk, and it comes back when that chunk is written: so a slow reader of the output
/// stops the reading of the input, and memory stays constant however long the input is.
final class ScorePipeline: Sendable {
  private struct Input: ~Copyable {
    var source: LineSource
    var nextIndex = 0
  }

  private struct Output: ~Copyable {
    let sink: ByteSink
    var tally: ScoreTally
    var workers: Int
    var nextIndex = 0
    /// Chunks that were finished before their turn.
    var early: [Int: Result<ScoredChunk, any Error>] = [:]
    var failure: (any Error)?
  }

  private let plan: ScorePlan
  private let threads: Int
  private let input: Mutex<Input>
  private let output: Mutex<Output>
  private let permits: DispatchSemaphore
  private let finished = DispatchSemaphore(value: 0)
  private let isStopped = Atomic<Bool>(false)

  /// - Parameter output: the path of a file, or `nil` for stdout.
  init(_ plan: ScorePlan, inputs: [String], output path: String?, threads: Int) throws {
    self.plan = plan
    self.threads = threads
    input = Mutex(Input(source: try LineSource(inputs)))
    output = Mutex(
      Output(sink: try ByteSink(path: path), tally: ScoreTally(plan), workers: threads))
    permits = DispatchSemaphore(value: 2 * threads)
  }

  /// Runs to the end of the input, or to the first failure.
  /// - Throws: ``ByteSink/Closed``, or ``AssayError``.
  func run() throws -> ScoreTally {
    if threads == 1 {
      work()
    } else {
      // This thread only waits: after a failure it must not hang with the others in a read.
      for _ in 0..<threads { DispatchQueue.global().async { self.work() } }
    }
    finished.wait()
    return try output.withLock { output in
      if let failure = output.failure {
        output.sink.discard()
        throw failure
      }
      try output.sink.finish()
      return output.tally
    }
  }

  private func work() {
    let scorer = PairScorer(plan)
    var chunk = LineChunk(capacity: 0)
    while !isStopped.load(ordering: .relaxed) {
      permits.wait()
      guard let index = read(&chunk) else { break }
      deliver(.success(scorer.score(chunk)), index)
    }
    output.withLock { output in
      output.workers -= 1
      if output.workers == 0 { finished.signal() }
    }
  }

  /// Fills `chunk` and returns its place in the order; `nil` at the end.
  private func read(_ chunk: inout LineChunk) -> Int? {
    let (index, outcome) = input.withLock { input in
      let outcome = Result { try input.source.next(into: &chunk) }
      input.nextIndex += 1
      return (input.nextIndex - 1, outcome)
    }
    switch outcome {
    case .success(true): return index
    case .success(false): permits.signal()
    case .failure(let error): deliver(.failure(error), index)
    }
    return nil
  }

  /// Writes a chunk, and those that waited for it, as soon as all before it are written.
  private func deliver(_ chunk: Result<ScoredChunk, any Error>, _ index: Int) {
    output.withLock { output in
      output.early[index] = chunk
      while let next = output.early.removeValue(forKey: output.nextIndex) {
        output.nextIndex += 1
        permits.signal()
        if output.failure != nil { continue }
        do {
          try write(next.get(), &output)
        } catch {
          output.failure = error
          isStopped.store(true, ordering: .relaxed)
          finished.signal()
        }
      }
    }
  }

  private func write(_ chunk: ScoredChunk, _ output: inout Output) throws {
    try output.sink.write(chunk.output)
    output.tally += chunk.tally
    for problem in chunk.problems {
      if plan.isStrict { throw AssayError("\(problem)") }
      Terminal.error("\(problem)")
    }
  }
}
