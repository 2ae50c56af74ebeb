/// Which neighbouring symbols may merge, in which order, and into what.
///
/// Symbols below the vocabulary's size are tokens; higher ones are steps on the way or characters without a token.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    /// Lower ranks merge first.
    let rank: Int32
    let result: Int32
  }

  /// A symbol and where it begins in the piece.
  struct Placed: Equatable {
    let symbol: Int32
    let start: Int
  }

  private var merges: [UInt64: Merge] = [:]

  /// Adds a merge unless there is one for the pair: the first one counts.
  mutating func add(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let key = Self.key(left, right)
    if merges[key] == nil { merges[key] = merge }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Merges the neighbours of least rank, the leftmost of equals, until none can merge.
  ///
  /// - Parameter symbols: in the order of the text, with the places where they begin.
  /// - Complexity: O(n log n) for n symbols.
  func merged(_ symbols: [Placed]) -> [Placed] {
    guard symbols.count > 1 else { return symbols }
    var chain = SymbolChain(symbols)
    var queue = CandidateQueue()
    for left in 0..<symbols.count - 1 { propose(left, chain, &queue) }

    while let candidate = queue.popFirst() {
      guard chain.holds(candidate) else { continue }
      chain.merge(candidate.left, into: candidate.result)
      let previous = chain.previous[candidate.left]
      if previous >= 0 { propose(previous, chain, &queue) }
      propose(candidate.left, chain, &queue)
    }
    return chain.placed(symbols)
  }

  private func propose(_ left: Int, _ chain: SymbolChain, _ queue: inout CandidateQueue) {
    let right = chain.next[left]
    guard right < chain.next.count,
      let merge = merges[Self.key(chain.symbols[left], chain.symbols[right])]
    else { return }
    queue.push(
      Candidate(
        rank: merge.rank, left: left, leftSymbol: chain.symbols[left], rightSymbol: chain.symbols[right],
        result: merge.result))
  }
}

/// A possible merge of the symbol at `left` with its right neighbour, as they were when it was proposed.
private struct Candidate {
  let rank: Int32
  let left: Int
  let leftSymbol: Int32
  let rightSymbol: Int32
  let result: Int32

  func precedes(_ other: Candidate) -> Bool { (rank, left) < (other.rank, other.left) }
}

/// The symbols of a piece as a doubly linked list over their original places.
private struct SymbolChain {
  /// -1 where a symbol was merged into one on its left.
  var symbols: [Int32]
  var previous: [Int]
  /// The count of places where there is no next.
  var next: [Int]

  init(_ placed: [MergeTable.Placed]) {
    symbols = placed.map(\.symbol)
    previous = Array(-1..<placed.count - 1)
    next = Array(1...placed.count)
  }

  func holds(_ candidate: Candidate) -> Bool {
    guard symbols[candidate.left] == candidate.leftSymbol, next[candidate.left] < symbols.count else { return false }
    return symbols[next[candidate.left]] == candidate.rightSymbol
  }

  mutating func merge(_ left: Int, into result: Int32) {
    let right = next[left]
    symbols[left] = result
    symbols[right] = -1
    next[left] = next[right]
    if next[right] < symbols.count { previous[next[right]] = left }
  }

  func placed(_ original: [MergeTable.Placed]) -> [MergeTable.Placed] {
    symbols.indices.compactMap { index in
      symbols[index] < 0 ? nil : MergeTable.Placed(symbol: symbols[index], start: original[index].start)
    }
  }
}

/// A binary heap of candidates, the first to merge on top.
private struct CandidateQueue {
  private var heap: [Candidate] = []

  mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> Candidate? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].precedes(heap[least]) { least = child }
      }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
