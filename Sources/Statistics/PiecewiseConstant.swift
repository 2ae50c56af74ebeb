internal import Foundation

/// A series as levels that last for a while, with independent noise of one size around them.
///
/// For each number of pieces the dynamic programme finds the division with the least Σ(y - μ)², as in Friedrich and others
/// 2008, "Complexity penalized M-estimation: fast computation" (asv's step detection follows the same paper, with absolute
/// deviations). How many pieces there are is chosen by a penalised likelihood (Yao 1988): of unknown noise,
/// n·ln(RSS/n) + γ(steps), and of known noise, RSS/σ² + γ(steps). In a long series of known noise one value between others
/// is no piece: noise that comes from few changes has outliers. Time O(n²·pieces).
package struct PiecewiseConstant: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package let range: Range<Int>
    package let mean: Double
  }

  package let values: [Double]
  package let pieces: [Piece]

  /// The first places of all pieces but the first.
  package var steps: [Int] { pieces.dropFirst().map(\.range.lowerBound) }

  /// Below this many values noise must be known: they say too little about their own.
  package static let enoughValues = 8
  private static let mostPieces = 40

  /// - Parameter noise: σ as known from elsewhere; with 0, a series of ``enoughValues`` or more estimates its own.
  /// - Returns: `nil` for no values, or values or noise that are not finite.
  package init?(_ values: [Double], noise: Double) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite), noise.isFinite, noise >= 0 else { return nil }
    let count = Double(values.count)
    // No level differs by less than rounding makes of it.
    let least = max(noise, 1e-9 * (values.map(abs).max() ?? 0), 1e-12)
    let isLong = values.count >= Self.enoughValues
    let isKnown = noise > 0 || !isLong
    let most = isLong ? max(2, min(Self.mostPieces, values.count / 4)) : values.count
    let divisions = Self.divisions(values, most: most, shortest: isLong && isKnown ? 2 : 1)
    let penalty = isLong && isKnown ? Self.knownPenalty : Self.penalty
    let costs = divisions.enumerated().map { steps, division in
      (isKnown ? division.squares / (least * least) : count * log(division.squares / count + least * least))
        + (steps == 0 ? 0 : penalty.first + penalty.further * Double(steps - 1))
    }
    let chosen = costs.indices.min { costs[$0] < costs[$1] } ?? 0
    self.values = values
    let bounds = divisions[chosen].starts + [values.count]
    pieces = zip(bounds, bounds.dropFirst()).map { Piece(range: $0..<$1, mean: values[$0..<$1].mean ?? 0) }
  }

  /// γ, so that 2 to 4 % of flat series of 8 to 60 values have a step (`PiecewiseConstantTests`). A series that has one step
  /// may have more, so these need less evidence.
  private static let penalty = (first: 11.0, further: 8.0)
  /// The same for noise that is known and made of few changes of single prompts (`TrendTests`).
  private static let knownPenalty = (first: 18.0, further: 14.0)

  /// The best division into 1, 2, ... pieces: where they start, and Σ(y - μ)².
  /// - Parameter shortest: values of a piece, but for the first and the last one.
  private static func divisions(_ values: [Double], most: Int, shortest: Int) -> [(starts: [Int], squares: Double)] {
    let count = values.count
    let deviations = deviations(values)
    var costs = (0...count).map { $0 == 0 ? .infinity : deviations[0][$0] }
    var previous: [[Int]] = []
    var divisions = [(starts: [0], squares: costs[count])]
    while divisions.count < min(most, count) {
      var (next, starts) = ([Double](repeating: .infinity, count: count + 1), [Int](repeating: 0, count: count + 1))
      for end in 1...count {
        for start in 1..<max(1, end)
        where (end - start >= shortest || end == count) && costs[start] + deviations[start][end] < next[end] {
          next[end] = costs[start] + deviations[start][end]
          starts[end] = start
        }
      }
      previous.append(starts)
      costs = next
      var path: [Int] = []
      for level in previous.reversed() { path.append(level[path.last ?? count]) }
      divisions.append(([0] + path.reversed(), costs[count]))
    }
    return divisions
  }

  /// Σ(y - μ)² of values[start..<end], by start and end; updated value by value (Welford), so that nothing cancels.
  private static func deviations(_ values: [Double]) -> [[Double]] {
    values.indices.map { start in
      var row = [Double](repeating: 0, count: values.count + 1)
      var (mean, squares) = (0.0, 0.0)
      for end in start..<values.count {
        let change = values[end] - mean
        mean += change / Double(end - start + 1)
        squares += change * (values[end] - mean)
        row[end + 1] = squares
      }
      return row
    }
  }

  /// Where the next value lies if nothing changes: μ ± t·s·√(1 + 1/m) for the last piece's m values, with s pooled over
  /// all pieces; `nil` when every piece has one value.
  package func predictionInterval(level: Double = 0.95) -> ConfidenceInterval? {
    let freedom = values.count - pieces.count
    guard let last = pieces.last, freedom > 0 else { return nil }
    let squares = pieces.flatMap { piece in values[piece.range].map { ($0 - piece.mean) * ($0 - piece.mean) } }
    let variance = squares.compensatedSum / Double(freedom)
    let t = StudentT(degreesOfFreedom: Double(freedom)).quantile((1 + level) / 2)
    let reach = t * (variance * (1 + 1 / Double(last.range.count))).squareRoot()
    return ConfidenceInterval(low: last.mean - reach, high: last.mean + reach, level: level)
  }
}
