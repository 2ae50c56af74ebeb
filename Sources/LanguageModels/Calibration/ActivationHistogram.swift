import Glibc

/// Magnitudes of a layer's input, counted in bins of equal width, and the ranges that calibration methods take from them.
///
/// The first inputs seen set the width (2048 bins up to their largest magnitude); larger ones later add bins of the
/// same width. As NVIDIA's ModelOpt and pytorch-quantization do it (spec 3.3).
struct ActivationHistogram: Hashable {
  private(set) var counts: [Int] = []
  /// Width of a bin; 0 before a value other than zero has been seen.
  private(set) var width = 0.0
  private var zeros = 0

  static let initialBins = 2048
  /// Levels of one sign of INT8, and the first candidate of the methods that try every range.
  static let levels = 128
  /// Beyond it two bins become one, so that a late huge value cannot take all memory.
  static let maximumBins = 1 << 16

  init() {}

  init(counts: [Int], width: Double) {
    self.counts = counts
    self.width = width
  }

  /// Counts values that belong together, such as the inputs that one prompt gives a layer; all must be finite.
  mutating func add(_ values: some Sequence<[Float]>, largest: Float) {
    if width == 0 {
      guard largest > 0 else {
        zeros += values.reduce(0) { $0 + $1.count }
        return
      }
      width = Double(largest) / Double(Self.initialBins)
      counts = [Int](repeating: 0, count: Self.initialBins)
      counts[0] = zeros
    }
    while Double(largest) / width > Double(Self.maximumBins) { mergeBins() }
    let needed = Int((Double(largest) / width).rounded(.up))
    if needed > counts.count { counts += [Int](repeating: 0, count: needed - counts.count) }
    let last = counts.count - 1
    for row in values {
      for value in row { counts[min(last, Int(Double(abs(value)) / width))] += 1 }
    }
  }

  private mutating func mergeBins() {
    width *= 2
    counts = stride(from: 0, to: counts.count, by: 2).map { counts[$0] + ($0 + 1 < counts.count ? counts[$0 + 1] : 0) }
  }

  /// Lower edge of a bin.
  private func edge(_ bin: Int) -> Double { Double(bin) * width }

  /// The lower edge of the first bin by whose end this share of all values has been counted.
  func percentile(_ percentile: Double) -> Double {
    let total = Double(counts.reduce(0, +))
    var sum = 0.0
    for (bin, count) in counts.enumerated() {
      sum += Double(count) / total
      if sum >= percentile / 100 { return edge(bin) }
    }
    return edge(counts.count)
  }

  /// The bin centre, from bin 128 on, that clipped INT8 values represent with the smallest squared error.
  func leastSquares() -> Double {
    var best = (error: Double.infinity, range: edge(counts.count))
    guard counts.count > Self.levels else { return best.range }
    for bin in Self.levels..<counts.count {
      let range = edge(bin) + width / 2
      let step = range / 127
      var error = 0.0
      for (index, count) in counts.enumerated() where count > 0 {
        let centre = edge(index) + width / 2
        let difference = min(127, (centre / step).rounded(.toNearestOrEven)) * step - centre
        error += Double(count) * difference * difference
      }
      if error < best.error { best = (error, range) }
    }
    return best.range
  }

  /// The range whose 128 levels keep most of the distribution: least KL divergence of the values quantized from the
  /// values clipped (TensorRT); of equal ones the widest.
  func leastDivergence() -> Double {
    var bins = counts.map(Double.init)
    guard bins.count > Self.levels else { return edge(bins.count) }
    bins[0] = bins[1]  // zeros are exact in every range and would outweigh the rest
    let total = bins.reduce(0, +)
    // Sums over the bins before each, so that a candidate costs one term for each level.
    var mass = [0.0]
    var filled = [0.0]
    var entropy = [0.0]
    for bin in bins {
      mass.append((mass.last ?? 0) + bin)
      filled.append((filled.last ?? 0) + (bin > 0 ? 1 : 0))
      entropy.append((entropy.last ?? 0) + (bin > 0 ? bin * log(bin) : 0))
    }
    var best = (divergence: Double.infinity, range: edge(bins.count))
    for end in Self.levels...bins.count {
      let beyond = total - mass[end]
      let lastBin = bins[end - 1]
      // All that is clipped lies in the last bin, where the quantized distribution may have nothing.
      guard lastBin > 0 || beyond == 0 else { continue }
      var divergence = entropy[end]
      if beyond > 0 { divergence += (lastBin + beyond) * log(lastBin + beyond) - lastBin * log(lastBin) }
      var first = 0
      for level in 0..<Self.levels {
        let next = ((level + 1) * end + Self.levels - 1) / Self.levels
        let levelMass = mass[next] - mass[first]
        if levelMass > 0 {
          let clipped = level == Self.levels - 1 ? beyond : 0
          divergence -= (levelMass + clipped) * log(levelMass / (filled[next] - filled[first]))
        }
        first = next
      }
      divergence = divergence / total - log(total) + log(mass[end])
      if divergence <= best.divergence { best = (divergence, edge(end)) }
    }
    return best.range
  }
}

extension Algorithms.Range {
  /// The largest magnitude that INT8 activations represent.
  func bound(_ statistics: InputStatistics) -> Float {
    let absmax = statistics.absmax.max() ?? 0
    let bound: Double? =
      switch self {
      case .minMax: nil
      case .percentile(let value): statistics.histogram?.percentile(value)
      case .entropy: statistics.histogram?.leastDivergence()
      case .meanSquaredError: statistics.histogram?.leastSquares()
      }
    // A range of zero would make every value infinite; it takes more than `percentile` of zeros.
    return bound.map { $0 > 0 ? Float($0) : absmax } ?? absmax
  }

  /// The scale of INT8 activations; 1 where all inputs were zero.
  func scale(_ statistics: InputStatistics) -> Float {
    let bound = bound(statistics)
    return bound > 0 ? bound / 127 : 1
  }

  var needsHistogram: Bool { self != .minMax }
}
