import CKernels
import Glibc

/// AWQ (Lin et al. 2023): weights that meet large activations are rounded more finely.
///
/// Input channel j of the weights is multiplied by `s_j = mean|x_j|^r`, rounded, and divided by s_j again. r is the one of
/// 0, 1/20, ..., 19/20 with the smallest mean squared error of the layers' outputs, `Σ (W' − W) H (W' − W)ᵀ` with
/// `H = mean x xᵀ`, which is the paper's objective (4) over all calibration tokens. As in the authors' code magnitudes
/// are at least 1e-4 and s is divided by √(max s · min s).
package struct ActivationAwareScaling {
  /// Rounds a `rows × columns` matrix and multiplies back, in place: the values that a scheme computes with.
  package typealias RoundTrip = (_ values: AlignedBuffer<Float>, _ rows: Int) -> Void

  package static let gridSize = 20

  /// Factors of the channels, and the r that they came from.
  package struct Scales: Sendable {
    package let ratio: Double
    package let factors: [Float]
    /// Mean squared error of an output with each r of the grid.
    package let errors: [Double]
  }

  /// Mean magnitude of each input channel.
  let magnitudes: [Float]
  let gram: GramMatrix
  let pool: WorkerPool
  private let hessian: AlignedBuffer<Float>

  package init(magnitudes: [Float], gram: GramMatrix, pool: WorkerPool) {
    precondition(magnitudes.count == gram.features, "a magnitude for each channel")
    self.magnitudes = magnitudes
    self.gram = gram
    self.pool = pool
    hessian = gram.mean()
  }

  private var columns: Int { gram.features }

  /// The best factors for layers that share their input.
  package func search(_ layers: [(values: AlignedBuffer<Float>, rows: Int)], roundTrip: RoundTrip) -> Scales {
    var errors: [Double] = []
    var best: (index: Int, factors: [Float])?
    for index in 0..<Self.gridSize {
      let factors = factors(ratio: Double(index) / Double(Self.gridSize))
      var error = 0.0
      for (values, rows) in layers {
        let changed = values.copy()
        scale(changed, by: factors, rows: rows)
        roundTrip(changed, rows)
        unscale(changed, by: factors, rows: rows)
        error += outputError(of: changed, against: values, rows: rows)
      }
      let outputs = layers.reduce(0) { $0 + $1.rows }
      errors.append(error / Double(outputs))
      if best.map({ errors[index] < errors[$0.index] }) ?? true { best = (index, factors) }
    }
    guard let best else { preconditionFailure("the grid is not empty") }
    return Scales(ratio: Double(best.index) / Double(Self.gridSize), factors: best.factors, errors: errors)
  }

  /// `s_j` for one r.
  func factors(ratio: Double) -> [Float] {
    let raw = magnitudes.map { max(pow(Double($0), ratio), 1e-4) }
    let middle = ((raw.max() ?? 1) * (raw.min() ?? 1)).squareRoot()
    return raw.map { Float($0 / middle) }
  }

  /// Multiplies every row's weights by the factors of their channels.
  package func scale(_ values: AlignedBuffer<Float>, by factors: [Float], rows: Int) {
    factors.withUnsafeBufferPointer { factors in
      pool.run(rows) { row in
        for k in 0..<columns { values.base[row * columns + k] *= factors[k] }
      }
    }
  }

  /// Divides every row's weights by the factors of their channels.
  package func unscale(_ values: AlignedBuffer<Float>, by factors: [Float], rows: Int) {
    factors.withUnsafeBufferPointer { factors in
      pool.run(rows) { row in
        for k in 0..<columns { values.base[row * columns + k] /= factors[k] }
      }
    }
  }

  /// Mean over tokens of the squared error of the outputs, summed over rows.
  package func outputError(of changed: AlignedBuffer<Float>, against exact: AlignedBuffer<Float>, rows: Int) -> Double {
    precondition(changed.count == rows * columns && exact.count == changed.count, "different shapes")
    let (n, size) = (columns, 64)
    let blocks = (rows + size - 1) / size
    let sums = AlignedBuffer<Double>(count: blocks)
    pool.run(blocks) { block in
      let first = block * size
      let count = min(size, rows - first)
      let difference = assay_scratch(2 * count * n * 4).assumingMemoryBound(to: Float.self)
      let product = difference + count * n
      for i in 0..<count * n { difference[i] = changed.base[first * n + i] - exact.base[first * n + i] }
      GEMM.multiply(
        difference, stride: n, hessian.base, stride: n, transposed: false, rows: count, depth: n, columns: n,
        output: product)
      var sum = 0.0
      for i in 0..<count * n { sum += Double(difference[i]) * Double(product[i]) }
      sums.base[block] = sum
    }
    return (0..<blocks).reduce(0) { $0 + sums.base[$1] }
  }

  /// Clips groups of weights where that makes the error of their share of the output smaller.
  ///
  /// For each group of a row the absmax is shrunk to `1 − i/20`, i below 10, and the one is taken whose rounded weights q
  /// have the smallest `(q − w) H_gg (q − w)ᵀ`. As in the authors' code this comes after scaling, with the inputs scaled
  /// accordingly.
  ///
  /// - Parameter factors: what the columns have been multiplied by.
  package func clip(
    _ values: AlignedBuffer<Float>, rows: Int, factors: [Float], group: Int, integers: SymmetricInteger
  ) {
    let n = columns
    let scaled = gram.mean(divisors: factors)
    let limit = Float(integers.maximum)
    pool.run(rows) { row in
      let weights = values.base + row * n
      let scratch = assay_scratch(group * 4).assumingMemoryBound(to: Float.self)
      for first in stride(from: 0, to: n, by: group) {
        let count = min(group, n - first)
        var magnitude: Float = 0
        for k in 0..<count { magnitude = max(magnitude, abs(weights[first + k])) }
        var best = (error: Double.infinity, bound: magnitude)
        for i in 0..<10 {
          let bound = magnitude * (1 - Float(i) / 20)
          let step = integers.scale(absmax: bound)
          for k in 0..<count {
            let clipped = min(bound, max(-bound, weights[first + k]))
            let q = min(limit, max(-limit, (clipped / step).rounded(.toNearestOrEven)))
            scratch[k] = q * step - weights[first + k]
          }
          var error = 0.0
          for a in 0..<count {
            let h = scaled.base + (first + a) * n + first
            var sum: Float = 0
            for b in 0..<count { sum += h[b] * scratch[b] }
            error += Double(sum) * Double(scratch[a])
          }
          if error < best.error { best = (error, bound) }
        }
        for k in 0..<count { weights[first + k] = min(best.bound, max(-best.bound, weights[first + k])) }
      }
    }
  }
}
