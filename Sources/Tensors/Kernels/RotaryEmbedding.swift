import CKernels
import Glibc

/// Rotary position embedding (Su et al. 2021) in the GGUF order: adjacent pairs of a head turn together.
package final class RotaryEmbedding {
  package let headSize: Int
  /// Angle per position of each pair, `headSize / 2`.
  private let frequencies: [Float]
  private let cosine: AlignedBuffer<Float>
  private let sine: AlignedBuffer<Float>
  private var width = 16

  /// - Parameters:
  ///   - headSize: features that turn, even.
  ///   - base: θ; pair j turns by position · θ^(-2j / headSize) / divisors[j].
  ///   - divisors: Llama 3.1's factors, or nothing.
  ///   - scale: linear scaling of positions.
  ///   - capacity: the most lanes of a step.
  package init(headSize: Int, base: Float, divisors: [Float]?, scale: Float, capacity: Int) {
    precondition(headSize % 2 == 0, "rotary embedding needs an even head size")
    self.headSize = headSize
    frequencies = (0..<headSize / 2).map { j in
      let frequency = 1 / pow(base, Float(2 * j) / Float(headSize))
      return frequency * scale / (divisors?[j] ?? 1)
    }
    cosine = AlignedBuffer(count: headSize / 2 * capacity)
    sine = AlignedBuffer(count: headSize / 2 * capacity)
  }

  /// Sets the angles of each token of the next step.
  package func prepare(_ tokens: [TokenPosition], width: Int) {
    self.width = width
    for (token, place) in tokens.enumerated() {
      let first = token / width * (headSize / 2 * width) + token % width
      for (j, frequency) in frequencies.enumerated() {
        let angle = Double(Float(place.position) * frequency)
        cosine.base[first + j * width] = Float(cos(angle))
        sine.base[first + j * width] = Float(sin(angle))
      }
    }
  }

  /// Turns every head of `x`.
  package func apply(to x: TokenTiles, shape: TileShape, pool: WorkerPool) {
    precondition(x.width == width && shape.width == width && x.features % headSize == 0, "different shapes")
    let floatsPerTile = headSize / 2 * width
    let strips = shape.strips
    pool.run(strips.count) { index in
      let (tile, lane, count) = strips[index]
      let angles = tile * floatsPerTile + lane
      assay_rope(
        x.tile(tile) + lane, cosine.base + angles, sine.base + angles, Int32(x.features / headSize), Int32(headSize),
        Int32(width), Int32(count))
    }
  }
}
