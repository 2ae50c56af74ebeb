package import Tensors

/// What a scheme does beyond rounding to the nearest value: algorithms that choose weights and scales more carefully.
///
/// They are applied to a layer in this order: pruning; scaling of channels (SmoothQuant or AWQ); rounding (nearest or
/// GPTQ). All but pruning and outliers need calibration prompts.
package struct Algorithms: Hashable, Sendable {
  /// SmoothQuant (Xiao et al. 2023).
  package struct Smoothing: Hashable, Sendable {
    /// Share of the difficulty that moves from activations to weights.
    package let alpha: Double
    package let layers: Layers

    package enum Layers: String, CaseIterable, Sendable {
      /// Those fed by a norm, as in the reference code.
      case norm
      /// The inputs of attention output and feed-forward down projections as well.
      case all
    }
  }

  /// How weights become integers.
  package enum Rounding: Hashable, Sendable {
    case nearest
    /// GPTQ (Frantar et al. 2022).
    case gptq(order: Order, damping: Double)

    package enum Order: String, CaseIterable, Sendable {
      case columns
      /// Inputs with the largest activations first (`act_order`).
      case activations
    }
  }

  /// AWQ (Lin et al. 2023): channels scaled by activation magnitude to a power, and ranges clipped.
  package enum ActivationAware: String, CaseIterable, Sendable {
    case scales
    case scalesAndClips = "scales+clips"
  }

  /// How a static activation range is found.
  package enum Range: Hashable, Sendable {
    case minMax
    case percentile(Double)
    case entropy
    case meanSquaredError
  }

  /// Weights set to zero by magnitude.
  package var pruning: Pruning?
  package var smoothing: Smoothing?
  package var rounding = Rounding.nearest
  package var activationAware: ActivationAware?
  /// LLM.int8() (Dettmers et al. 2022): inputs of this magnitude or more are multiplied in FP16.
  package var outliers: Double?
  /// Only with static activations.
  package var range: Range?
  /// llama.cpp's importance matrix: block formats weigh errors by the mean square of each input.
  package var weighsInputs = false

  package static let none = Algorithms()

  /// Whether inputs of the model's layers must be seen first.
  package var needsCalibration: Bool {
    smoothing != nil || rounding != .nearest || activationAware != nil || range != nil || weighsInputs
  }
}
