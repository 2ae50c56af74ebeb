/// Magnitude pruning: which weights of a matrix become zero.
package enum Pruning: Hashable, Sendable {
  /// The `round(share · count)` smallest magnitudes of the whole matrix, the first of equal ones; as
  /// `torch.nn.utils.prune.l1_unstructured`.
  case share(Double)
  /// In each run of four inputs of a row the two smaller ones, of equal ones the later; a last run of fewer than four
  /// keeps its two largest. NVIDIA's 2:4 sparsity.
  case twoOfFour

  /// Sets the pruned weights to zero.
  /// - Returns: 1 for each weight that was kept, 0 for the others; row-major.
  package func apply(to values: AlignedBuffer<Float>, rows: Int, columns: Int, pool: WorkerPool) -> AlignedBuffer<UInt8>
  {
    precondition(values.count == rows * columns, "values do not fill the matrix")
    let mask = AlignedBuffer<UInt8>(count: values.count)
    switch self {
    case .share(let share):
      Self.keepLargest(values, mask, pruned: Int((share * Double(values.count)).rounded(.toNearestOrEven)))
    case .twoOfFour: pool.run(rows) { Self.keepTwoOfFour(values, mask, row: $0, columns: columns) }
    }
    pool.run(rows) { row in
      for i in row * columns..<(row + 1) * columns where mask.base[i] == 0 { values.base[i] = 0 }
    }
    return mask
  }

  private static func keepLargest(_ values: AlignedBuffer<Float>, _ mask: AlignedBuffer<UInt8>, pruned: Int) {
    for i in 0..<mask.count { mask.base[i] = 1 }
    guard pruned > 0 else { return }
    // Magnitudes order like their bit patterns: find the pruned-th smallest by its bits, sixteen at a time.
    func bits(_ i: Int) -> UInt32 { values.base[i].bitPattern & 0x7FFF_FFFF }
    var rank = pruned - 1
    var high: UInt32 = 0
    var counts = [Int](repeating: 0, count: 1 << 16)
    for i in 0..<values.count { counts[Int(bits(i) >> 16)] += 1 }
    while rank >= counts[Int(high)] {
      rank -= counts[Int(high)]
      high += 1
    }
    counts = [Int](repeating: 0, count: 1 << 16)
    for i in 0..<values.count where bits(i) >> 16 == high { counts[Int(bits(i) & 0xFFFF)] += 1 }
    var low: UInt32 = 0
    while rank >= counts[Int(low)] {
      rank -= counts[Int(low)]
      low += 1
    }
    let threshold = high << 16 | low
    // All below it, and as many of its equals as are still missing.
    var equals = rank + 1
    for i in 0..<values.count {
      if bits(i) < threshold {
        mask.base[i] = 0
      } else if bits(i) == threshold, equals > 0 {
        mask.base[i] = 0
        equals -= 1
      }
    }
  }

  private static func keepTwoOfFour(
    _ values: AlignedBuffer<Float>, _ mask: AlignedBuffer<UInt8>, row: Int, columns: Int
  ) {
    for first in stride(from: 0, to: columns, by: 4) {
      let run = first..<min(columns, first + 4)
      for i in run {
        let magnitude = abs(values.base[row * columns + i])
        let larger = run.count { j in
          let other = abs(values.base[row * columns + j])
          return other > magnitude || (other == magnitude && j < i)
        }
        mask.base[row * columns + i] = larger < 2 ? 1 : 0
      }
    }
  }
}
