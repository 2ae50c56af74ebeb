import Glibc

/// How far approximate values lie from exact ones.
package struct QuantizationError: Hashable, Sendable {
  /// max |a − e|
  package let maxAbsolute: Double
  /// mean |a − e|
  package let meanAbsolute: Double
  /// ‖a − e‖ / ‖e‖
  package let relativeFrobenius: Double
  /// Signal-to-quantization-noise ratio, 10 log₁₀(Σe² / Σ(a − e)²), in dB; infinite when nothing differs.
  package let sqnrDecibels: Double
  /// a · e / (‖a‖ ‖e‖)
  package let cosine: Double

  /// - Precondition: as many approximate as exact values, at least one.
  package init(approximate: [Double], exact: [Double]) {
    precondition(approximate.count == exact.count && !exact.isEmpty, "pairs of values")
    var (largest, total, noise, signal, power, dot) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for (a, e) in zip(approximate, exact) {
      let difference = abs(a - e)
      largest = max(largest, difference)
      total += difference
      noise += difference * difference
      signal += e * e
      power += a * a
      dot += a * e
    }
    maxAbsolute = largest
    meanAbsolute = total / Double(exact.count)
    relativeFrobenius = (noise / signal).squareRoot()
    sqnrDecibels = 10 * log10(signal / noise)
    cosine = dot / (power * signal).squareRoot()
  }
}
