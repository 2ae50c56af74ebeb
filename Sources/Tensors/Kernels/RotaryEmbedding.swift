import CKernels
import Glibc

/// Rotary position embedding (Su et al. 2021) of adjacent pairs of a head, as in Llama's GGUF files.
package final class RotaryEmbedding {
  package let headSize: Int
  /// Angle per position of each pair that turns; the pairs after them stay.
  private let frequencies: [Float]
  /// Factor on cosine and sine.
  private let amplitude: Float
  private let cosine: AlignedBuffer<Float>
  private let sine: AlignedBuffer<Float>
  private var width = 16

  /// - Parameters:
  ///   - headSize: features of a head, even.
  ///   - frequencies: of at most `headSize / 2` pairs.
  ///   - capacity: the most lanes of a step.
  package init(headSize: Int, frequencies: [Float], amplitude: Float = 1, capacity: Int) {
    precondition(headSize % 2 == 0 && frequencies.count <= headSize / 2, "a head has a whole number of pairs")
    self.headSize = headSize
    self.frequencies = frequencies
    self.amplitude = amplitude
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
        cosine.base[first + j * width] = Float(cos(angle)) * amplitude
        sine.base[first + j * width] = Float(sin(angle)) * amplitude
      }
      for j in frequencies.count..<headSize / 2 {
        cosine.base[first + j * width] = 1
        sine.base[first + j * width] = 0
      }
    }
  }

  /// Turns every head of `x`.
  package func apply(to x: TokenTiles, shape: TileShape, pool: WorkerPool) {
    precondition(x.width == width && shape.width == width && x.features % headSize == 0, "different shapes")
    let heads = x.features / headSize
    pool.run(shape.tiles * heads) { task in
      let (tile, head) = (task / heads, task % heads)
      let angles = tile * (headSize / 2 * width)
      assay_rope(
        x.tile(tile) + head * headSize * width, cosine.base + angles, sine.base + angles, Int32(headSize),
        Int32(width))
    }
  }
}
