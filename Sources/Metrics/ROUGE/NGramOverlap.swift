/// Counts the n-grams that two texts share: Σ over distinct n-grams of min(count in reference, count in prediction).
///
/// n-grams are numbered order by order: an n-gram is the pair (number of its first n-1 tokens, last token), so that any
/// order is exact and costs one probe per position.
struct NGramOverlap: ~Copyable {
  struct Slot: BitwiseCopyable {
    var key: UInt64 = 0
    var round: UInt32 = 0
    var number: Int32 = 0
  }

  private var referenceGrams = ScratchBuffer<Int32>()
  private var predictionGrams = ScratchBuffer<Int32>()
  private var remaining = ScratchBuffer<Int32>()
  private var slots = ScratchBuffer<Slot>()
  private var round: UInt32 = 0

  /// Shared n-grams of each order from 1 to 9, as far as `measure` was asked to go.
  private(set) var hits = ScratchBuffer<Int>(capacity: 10)

  /// Fills `hits` for the orders 1...`order`. Linear in the lengths of the texts.
  ///
  /// - Parameters:
  ///   - reference: symbols numbered from 0 in order of appearance, `distinct` different ones.
  ///   - prediction: symbols of the same numbering; -1 for any that the reference lacks.
  mutating func measure(
    reference: UnsafeBufferPointer<Int32>, prediction: UnsafeBufferPointer<Int32>, distinct: Int, upTo order: Int
  ) {
    hits.fill(0, count: order + 1)
    referenceGrams.copy(reference)
    predictionGrams.copy(prediction)
    var distinct = distinct
    for n in stride(from: 1, through: order, by: 1) {
      if n > 1 {
        guard reference.count >= n, prediction.count >= n else { return }
        distinct = extendGrams(reference, prediction, to: n)
      }
      let shared = clippedHits(distinct: distinct)
      hits[n] = shared
    }
  }

  private mutating func clippedHits(distinct: Int) -> Int {
    remaining.fill(0, count: distinct)
    for gram in referenceGrams.elements { remaining[Int(gram)] += 1 }
    var hits = 0
    for gram in predictionGrams.elements where gram >= 0 && remaining[Int(gram)] > 0 {
      remaining[Int(gram)] -= 1
      hits += 1
    }
    return hits
  }

  /// Turns the numbers of (n-1)-grams into those of n-grams, and returns how many distinct ones the reference has.
  private mutating func extendGrams(
    _ reference: UnsafeBufferPointer<Int32>, _ prediction: UnsafeBufferPointer<Int32>, to n: Int
  ) -> Int {
    startRound(size: reference.count)
    let mask = slots.count - 1
    var distinct: Int32 = 0
    for start in 0...(reference.count - n) {
      let key = Self.key(referenceGrams[start], reference[start + n - 1])
      let index = slot(of: key, mask: mask)
      if slots[index].round != round {
        slots[index] = Slot(key: key, round: round, number: distinct)
        distinct += 1
      }
      referenceGrams[start] = slots[index].number
    }
    referenceGrams.resize(to: reference.count - n + 1)
    for start in 0...(prediction.count - n) {
      let last = prediction[start + n - 1]
      if predictionGrams[start] < 0 || last < 0 {
        predictionGrams[start] = -1
      } else {
        let found = slots[slot(of: Self.key(predictionGrams[start], last), mask: mask)]
        predictionGrams[start] = found.round == round ? found.number : -1
      }
    }
    predictionGrams.resize(to: prediction.count - n + 1)
    return Int(distinct)
  }

  @inline(__always)
  private static func key(_ prefix: Int32, _ last: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: prefix)) << 32 | UInt64(UInt32(bitPattern: last))
  }

  /// The slot that holds the key in this round, or the free one where it belongs.
  @inline(__always)
  private func slot(of key: UInt64, mask: Int) -> Int {
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    var index = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots[index].round == round, slots[index].key != key { index = (index + 1) & mask }
    return index
  }

  private mutating func startRound(size: Int) {
    var needed = max(slots.count, 1024)
    while needed < 2 * size { needed *= 2 }
    if needed != slots.count || round == .max {
      slots.fill(Slot(), count: needed)
      round = 0
    }
    round += 1
  }
}
