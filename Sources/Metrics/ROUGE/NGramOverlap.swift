/// Counts the n-grams that two texts share: Σ over distinct n-grams of min(count in reference, count in prediction).
///
/// n-grams are numbered order by order: an n-gram is the pair (number of its first n-1 symbols, last symbol), so that any
/// order is exact and costs one probe per position. n-grams that cannot match are -1 and are left out early. What the inner
/// loops meet is as good as random, so they select instead of branching.
struct NGramOverlap: ~Copyable {
  struct Slot: BitwiseCopyable {
    var key: UInt64 = 0
    var round: UInt32 = 0
    var number: Int32 = 0
  }

  /// An n-gram that may match.
  struct Gram: BitwiseCopyable {
    var key: UInt64
    var start: Int
  }

  /// A text as symbols, and the numbers of its n-grams of the current order, by where they start.
  struct Side: ~Copyable {
    var symbols = ScratchBuffer<Int32>()
    var grams = ScratchBuffer<Int32>()
  }

  private var reference = Side()
  private var prediction = Side()
  /// Per symbol: 0 if the prediction has it, otherwise -1.
  private var absence = ScratchBuffer<Int32>()
  private var remaining = ScratchBuffer<Int32>()
  private var candidates = ScratchBuffer<Gram>()
  private var slots = ScratchBuffer<Slot>()
  private var round: UInt32 = 0

  /// Shared n-grams of each order, as far as `measure` was asked to go.
  private(set) var hits = ScratchBuffer<Int>(capacity: 10)

  /// Fills `hits` for the orders 1...`order`. Linear in the lengths of the texts.
  ///
  /// - Parameters:
  ///   - reference: symbols numbered from 0, `distinct` different ones.
  ///   - prediction: symbols of the same numbering; -1 for any that the reference lacks.
  mutating func measure(
    reference: UnsafeBufferPointer<Int32>, prediction: UnsafeBufferPointer<Int32>, distinct: Int, upTo order: Int
  ) {
    hits.fill(0, count: order + 1)
    if order == 0 { return }
    start(reference, prediction, distinct: distinct)
    var distinct = distinct
    for n in 1...order {
      if n > 1 {
        guard reference.count >= n, prediction.count >= n else { return }
        distinct = extendGrams(to: n)
      }
      let shared = clippedHits(distinct: distinct)
      hits[n] = shared
    }
  }

  private mutating func start(
    _ reference: UnsafeBufferPointer<Int32>, _ prediction: UnsafeBufferPointer<Int32>, distinct: Int
  ) {
    // One more, to stand for all unknown symbols.
    absence.fill(-1, count: distinct + 1)
    for symbol in prediction { absence[symbol < 0 ? distinct : Int(symbol)] = 0 }
    self.reference.symbols.resize(to: reference.count)
    for index in reference.indices { self.reference.symbols[index] = reference[index] | absence[Int(reference[index])] }
    self.reference.grams.copy(self.reference.symbols.elements)
    self.prediction.symbols.copy(prediction)
    self.prediction.grams.copy(prediction)
  }

  private mutating func clippedHits(distinct: Int) -> Int {
    // The last counter is that of all n-grams that cannot match.
    remaining.fill(0, count: distinct + 1)
    for gram in reference.grams.elements { remaining[gram < 0 ? distinct : Int(gram)] &+= 1 }
    remaining[distinct] = 0
    var hits = 0
    for gram in prediction.grams.elements {
      let index = gram < 0 ? distinct : Int(gram)
      let hit: Int32 = remaining[index] > 0 ? 1 : 0
      remaining[index] &-= hit
      hits &+= Int(hit)
    }
    return hits
  }

  /// Turns the numbers of (n-1)-grams into those of n-grams, and returns how many distinct ones the reference has.
  private mutating func extendGrams(to n: Int) -> Int {
    startRound(size: reference.grams.count)
    let mask = slots.count - 1
    var distinct: Int32 = 0
    Self.findCandidates(&reference, n, &candidates)
    for index in 0..<candidates.count {
      let gram = candidates[index]
      let slot = slot(of: gram.key, mask: mask)
      let isNew = slots[slot].round != round
      let number = isNew ? distinct : slots[slot].number
      slots[slot] = Slot(key: gram.key, round: round, number: number)
      reference.grams[gram.start] = number
      distinct &+= isNew ? 1 : 0
    }
    Self.findCandidates(&prediction, n, &candidates)
    for index in 0..<candidates.count {
      let gram = candidates[index]
      let slot = slots[slot(of: gram.key, mask: mask)]
      prediction.grams[gram.start] = slot.round == round ? slot.number : -1
    }
    return Int(distinct)
  }

  /// Lists the n-grams whose parts may both match, and sets all to -1.
  @inline(__always)
  private static func findCandidates(_ side: inout Side, _ n: Int, _ candidates: inout ScratchBuffer<Gram>) {
    let count = side.symbols.count - n + 1
    candidates.resize(to: count + 1)
    var found = 0
    for start in 0..<count {
      let prefix = side.grams[start]
      let last = side.symbols[start &+ n &- 1]
      let key = UInt64(UInt32(bitPattern: prefix)) << 32 | UInt64(UInt32(bitPattern: last))
      candidates[found] = Gram(key: key, start: start)
      side.grams[start] = -1
      // One more unless one of them is -1.
      found &+= 1 &+ Int((prefix | last) &>> 31)
    }
    candidates.resize(to: found)
    side.grams.resize(to: count)
  }

  /// The slot that holds the key in this round, or the free one where it belongs.
  @inline(__always)
  private func slot(of key: UInt64, mask: Int) -> Int {
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    var index = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots[index].round == round, slots[index].key != key { index = (index &+ 1) & mask }
    return index
  }

  private mutating func startRound(size: Int) {
    var needed = max(slots.count, 256)
    while needed < 2 * size { needed *= 2 }
    if needed != slots.count || round == .max {
      slots.fill(Slot(), count: needed)
      round = 0
    }
    round += 1
  }
}
