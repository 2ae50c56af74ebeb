/// Resamples of paired scores: several metrics of the same items, drawn together, item by item or cluster by cluster.
///
/// A draw is a gather and a sum: items are rows of adjacent columns, and a draw adds as many rows as there are items. Draw k has
/// a generator of its own, ``SplitMix64`` seeded with the k-th output of `SplitMix64(seed)`; each 64-bit output gives two
/// row numbers, (32 bits · rows) >> 32, the low half first. So the draws do not depend on threads.
package struct PairedBootstrap: Sendable {
  package static let defaultDraws = 10_000

  package let draws: Int
  package let seed: UInt64
  private let samples: [PairedSample]
  private let clusters: [String]?
  /// Sums over the rows of a draw, blocks of eight columns: references of all metrics, then submissions.
  private let sums: [SIMD8<Double>]
  private let blocks: Int

  /// - Parameters:
  ///   - samples: one per metric, all of the same items.
  ///   - clusters: the cluster of each item; whole clusters are drawn then.
  ///   - pieces: how many parts of the draws are made side by side.
  /// - Returns: `nil` without samples, for samples of different lengths, or fewer than two rows.
  package init?(
    _ samples: [PairedSample], clusters: [String]? = nil, draws: Int = defaultDraws, seed: UInt64 = 0, pieces: Int = 16
  ) {
    guard let count = samples.first?.count, samples.allSatisfy({ $0.count == count }), draws > 0 else { return nil }
    guard clusters.map({ $0.count == count }) ?? true else { return nil }
    let rowOf = clusters.map(Self.numbers) ?? Array(0..<count)
    let rows = (rowOf.max() ?? 0) + 1
    guard rows > 1, rows <= 1 << 31 else { return nil }
    let blocks = (2 * samples.count + 7) / 8
    var table = [SIMD8<Double>](repeating: .zero, count: rows * blocks)
    for (column, values) in (samples.map(\.reference) + samples.map(\.submission)).enumerated() {
      for (row, value) in zip(rowOf, values) { table[row * blocks + column / 8][column % 8] += value }
    }
    self.samples = samples
    self.clusters = clusters
    self.draws = draws
    self.seed = seed
    self.blocks = blocks
    sums = Self.sums(of: table, blocks: blocks, draws: draws, seed: seed, pieces: pieces)
  }

  /// Clusters by number, in the order of their first appearance.
  private static func numbers(_ clusters: [String]) -> [Int] {
    var numbers: [String: Int] = [:]
    return clusters.map { cluster in
      let number = numbers[cluster] ?? numbers.count
      numbers[cluster] = number
      return number
    }
  }

  private static func sums(
    of table: [SIMD8<Double>], blocks: Int, draws: Int, seed: UInt64, pieces: Int
  ) -> [SIMD8<Double>] {
    var seeds = SplitMix64(seed: seed)
    let starts = (0..<draws).map { _ in seeds.next() }
    let pieces = max(1, min(pieces, draws))
    return parallelMap(0..<pieces) { piece in
      starts[draws * piece / pieces..<draws * (piece + 1) / pieces].flatMap {
        Self.draw(from: table, blocks: blocks, seed: $0)
      }
    }.flatMap { $0 }
  }

  private static func draw(from table: [SIMD8<Double>], blocks: Int, seed: UInt64) -> [SIMD8<Double>] {
    let rows = table.count / blocks
    var generator = SplitMix64(seed: seed)
    // The usual case of one block keeps its sum in registers.
    if blocks == 1 { return [drawBlock(from: table, rows: rows, &generator)] }
    var sums = [SIMD8<Double>](repeating: .zero, count: blocks)
    forEachRow(rows, &generator) { row in
      for block in 0..<blocks { sums[block] += table[row * blocks + block] }
    }
    return sums
  }

  private static func drawBlock(from table: [SIMD8<Double>], rows: Int, _ generator: inout SplitMix64) -> SIMD8<Double>
  {
    var sum = SIMD8<Double>.zero
    forEachRow(rows, &generator) { sum += table[$0] }
    return sum
  }

  @inline(__always)
  private static func forEachRow(_ rows: Int, _ generator: inout SplitMix64, _ body: (Int) -> Void) {
    let bound = UInt64(rows)
    for _ in 0..<rows / 2 {
      let bits = generator.next()
      body(Int(((bits & 0xFFFF_FFFF) &* bound) >> 32))
      body(Int(((bits >> 32) &* bound) >> 32))
    }
    if rows % 2 == 1 { body(Int(((generator.next() & 0xFFFF_FFFF) &* bound) >> 32)) }
  }
}

extension PairedBootstrap {
  package enum Method: String, Sendable {
    /// The quantiles of the draws.
    case percentile
    /// Quantiles moved for bias and skewness: bias-corrected and accelerated (Efron 1987).
    case bca
  }

  /// The interval of the ratio of means of one metric; `nil` when a draw has a reference of 0 or the jackknife is undefined.
  ///
  /// BCa as in SciPy 1.17: z₀ = Φ⁻¹ of the share of draws below the estimate, equal ones counted half; a = Σl³/(6(Σl²)^1.5)
  /// with l = mean of the leave-one-row-out estimates minus each of them; levels Φ(z₀ + (z₀ + z)/(1 - a(z₀ + z))).
  package func ratioInterval(_ metric: Int, method: Method = .bca, level: Double = 0.95) -> ConfidenceInterval? {
    let ratios = ratios(metric)
    guard let estimate = samples[metric].ratioOfMeans()?.value, let quantiles = Quantiles(ratios) else { return nil }
    guard quantiles.minimum.isFinite, quantiles.maximum.isFinite else { return nil }
    let tail = (1 - level) / 2
    if method == .percentile || quantiles.minimum == quantiles.maximum {
      return ConfidenceInterval(low: quantiles[tail], high: quantiles[1 - tail], level: level)
    }
    // Every row drawn once gives the estimate, but for rounding.
    let rounding = 1e-12 * abs(estimate)
    let below = ratios.reduce(0.0) { $0 + (abs($1 - estimate) <= rounding ? 0.5 : $1 < estimate ? 1 : 0) }
    let z0 = NormalDistribution.quantile(below / Double(draws))
    guard z0.isFinite, let acceleration = acceleration(metric) else { return nil }
    let share = { (z: Double) in NormalDistribution.cumulative(z0 + (z0 + z) / (1 - acceleration * (z0 + z))) }
    let z = NormalDistribution.quantile(1 - tail)
    return ConfidenceInterval(low: quantiles[share(-z)], high: quantiles[share(z)], level: level)
  }

  /// The ratio of one metric in each draw.
  package func ratios(_ metric: Int) -> [Double] {
    let (r, q) = (metric, samples.count + metric)
    return (0..<draws).map { draw in
      sums[draw * blocks + q / 8][q % 8] / sums[draw * blocks + r / 8][r % 8]
    }
  }

  private func acceleration(_ metric: Int) -> Double? {
    let rows = rowSums(metric)
    let (r, q) = (rows.map(\.0).reduce(0, +), rows.map(\.1).reduce(0, +))
    let estimates = rows.map { (q - $0.1) / (r - $0.0) }
    guard let mean = estimates.mean, mean.isFinite else { return nil }
    let squares = estimates.reduce(0) { $0 + (mean - $1) * (mean - $1) }
    guard squares > 0 else { return 0 }
    let cubes = estimates.reduce(0) { $0 + (mean - $1) * (mean - $1) * (mean - $1) }
    return cubes / (6 * squares * squares.squareRoot())
  }

  private func rowSums(_ metric: Int) -> [(Double, Double)] {
    let pairs = zip(samples[metric].reference, samples[metric].submission)
    guard let clusters else { return Array(pairs) }
    let rowOf = Self.numbers(clusters)
    var rows = [(Double, Double)](repeating: (0, 0), count: (rowOf.max() ?? 0) + 1)
    for (row, pair) in zip(rowOf, pairs) {
      rows[row].0 += pair.0
      rows[row].1 += pair.1
    }
    return rows
  }
}
