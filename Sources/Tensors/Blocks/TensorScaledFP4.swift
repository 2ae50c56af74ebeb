/// NVIDIA's NVFP4: blocks of 16 E2M1 elements with an E4M3 scale each, and one FP32 scale for the tensor.
///
/// g = absmax of the tensor / (6 · 448); s = E4M3(absmax of the block / 6 / g); elements are x / (g · s) rounded to
/// nearest, ties to even, saturating. Source: ModelOpt's NVFP4 quantizer; Transformer Engine rounds alike.
/// In memory: the scale's byte, then two elements a byte, the first in the low nibble.
package struct TensorScaledFP4: Hashable, Sendable {
  package static let elements = 16
  package static let byteCount = 9
  package static let bitsPerElement = 4.5

  /// g.
  package let tensorScale: Float

  /// - Parameter largest: the largest magnitude of the tensor.
  package init(largest: Float) { tensorScale = largest == 0 ? 1 : largest / (6 * 448) }

  /// g · s of 16 values; zero where the block is zero or rounds to it.
  private func scale(of x: UnsafePointer<Float>) -> (code: UInt8, scale: Float) {
    let largest = firstOfLargestMagnitude(x, count: Self.elements).magnitude
    let scale = Minifloat.e4m3.round(largest / 6 / tensorScale)
    return (Minifloat.e4m3.code(of: scale), scale * tensorScale)
  }

  /// Rounds 16 finite values in place.
  func round(_ x: UnsafeMutablePointer<Float>) {
    let scale = scale(of: x).scale
    for i in 0..<Self.elements { x[i] = scale == 0 ? 0 : Minifloat.e2m1.round(x[i] / scale) * scale }
  }

  /// Encodes 16 finite values.
  package func encode(_ x: [Float]) -> [UInt8] {
    precondition(x.count == Self.elements, "one block")
    let (code, scale) = scale(of: x)
    let codes = x.map { scale == 0 ? 0 : Minifloat.e2m1.code(of: Minifloat.e2m1.round($0 / scale)) }
    return [code] + (0..<Self.elements / 2).map { codes[2 * $0] | codes[2 * $0 + 1] << 4 }
  }

  /// The values of one block.
  package func decode(_ bytes: [UInt8]) -> [Float] {
    precondition(bytes.count == Self.byteCount, "one block")
    let scale = Minifloat.e4m3.value(of: bytes[0]) * tensorScale
    return bytes.dropFirst().flatMap { [$0 & 15, $0 >> 4] }.map { Minifloat.e2m1.value(of: $0) * scale }
  }

  /// An upper bound of `|x - decoded x|` for every `x` of a block whose values span `range`.
  ///
  /// Half the widest gap (2 of 6) of a scale that is itself rounded by up to a sixteenth, or by half its least value.
  package func errorBound(over range: ClosedRange<Float>) -> Float {
    let largest = range.largestMagnitude
    return largest * (1 / 6 + 1 / 15) + 6 * 0x1p-10 * tensorScale
  }
}
