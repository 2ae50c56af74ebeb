import Tensors

/// What the calibration prompts show of the input that some linear layers share.
///
/// Tokens are added in the order of prompts, each prompt as a step of its own, so the result does not depend on threads.
struct InputStatistics {
  let features: Int
  private(set) var tokens = 0
  /// Largest magnitude of each channel.
  private(set) var absmax: [Float]
  /// Sum of magnitudes of each channel.
  private(set) var magnitudes: [Double]
  /// Sum of squares of each channel.
  private(set) var squares: [Double]
  private(set) var histogram: ActivationHistogram?
  let gram: GramMatrix?
  /// False when an input was NaN or infinite; then nothing else may be used.
  private(set) var isFinite = true

  init(features: Int, histogram: Bool, gram: Bool) {
    self.features = features
    absmax = Array(repeating: 0, count: features)
    magnitudes = Array(repeating: 0, count: features)
    squares = Array(repeating: 0, count: features)
    self.histogram = histogram ? ActivationHistogram() : nil
    self.gram = gram ? GramMatrix(features: features) : nil
  }

  /// Mean magnitude of each channel.
  var meanMagnitudes: [Float] { magnitudes.map { Float($0 / Double(max(1, tokens))) } }

  /// Mean square of each channel: llama.cpp's importance matrix.
  var meanSquares: [Float] { squares.map { Float($0 / Double(max(1, tokens))) } }

  /// What they would be had each channel been divided: largest magnitudes only.
  func divided(by divisors: [Float]) -> InputStatistics {
    var result = InputStatistics(features: features, histogram: false, gram: false)
    result.tokens = tokens
    result.absmax = zip(absmax, divisors).map { $0 / $1 }
    return result
  }

  /// Adds the inputs of one prompt.
  /// - Parameter divisors: what each channel is divided by first; the sums of x xᵀ are of the channels as they are.
  mutating func add(_ source: TokenTiles, shape: TileShape, divisors: [Float]? = nil, pool: WorkerPool) {
    var rows = (0..<shape.tokens).map { source.token($0) }
    if let divisors { rows = rows.map { zip($0, divisors).map { $0 / $1 } } }
    var largest: Float = 0
    for row in rows {
      for (channel, value) in row.enumerated() {
        let magnitude = abs(value)
        if magnitude > absmax[channel] { absmax[channel] = magnitude }
        magnitudes[channel] += Double(magnitude)
        squares[channel] += Double(value) * Double(value)
        largest = max(largest, magnitude)
        if !value.isFinite { isFinite = false }
      }
    }
    tokens += shape.tokens
    guard isFinite else { return }
    histogram?.add(rows, largest: largest)
    gram?.add(source, shape: shape, pool: pool)
  }
}
