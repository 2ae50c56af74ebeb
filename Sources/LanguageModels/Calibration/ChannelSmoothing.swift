import Glibc
import Tensors

/// SmoothQuant's factors (Xiao et al. 2023): `s_j = max|x_j|^α / max|w_j|^(1−α)`.
///
/// Inputs are divided by s at the layer's input, before they are rounded, and weights multiplied; in the paper the norm
/// before the layer takes the division in, which is the same in real numbers. w_j is the column over all layers that
/// share the input. As in the authors' code max|w_j| and s_j are at least 1e-5.
enum ChannelSmoothing {
  /// - Parameters:
  ///   - activations: max|x_j|.
  ///   - weights: max|w_j|.
  static func factors(activations: [Float], weights: [Float], alpha: Double) -> [Float] {
    zip(activations, weights).map { x, w in
      Float(max(1e-5, pow(Double(x), alpha) / pow(max(1e-5, Double(w)), 1 - alpha)))
    }
  }
}
