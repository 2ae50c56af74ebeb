package import Tensors

/// A quantization scheme: how every linear layer of a model computes.
///
/// Written as `name:option=value,...`; parsing is strict and printing canonical (defaults left out, options in a fixed
/// order), so that equal schemes have equal strings. Embeddings look-up, norms, attention and softmax stay FP32; under
/// llama.cpp's names the embedding has the type that llama.cpp gives it, and what attention reads is kept as `kv` says.
package struct Scheme: Hashable, Sendable {
  package enum Format: String, CaseIterable, Sendable {
    case fp32, bf16, fp16, int8, int4
    case fp8E4M3 = "fp8-e4m3"
    case fp8E5M2 = "fp8-e5m2"
    case mxfp8
    case mxfp8E5M2 = "mxfp8-e5m2"
    case mxfp6
    case mxfp6E3M2 = "mxfp6-e3m2"
    case mxfp4, nvfp4
    // What `llama-quantize` writes under these names.
    case q8_0, q6_k, q5_k_m, q5_k_s, q5_1, q5_0, q4_k_m, q4_k_s, q4_1, q4_0, iq4_nl, iq4_xs
    case q3_k_l, q3_k_m, q3_k_s, q2_k, q2_k_s, tq2_0, tq1_0
  }

  package enum Activations: String, CaseIterable, Sendable {
    case perToken = "per-token"
    case perTensor = "per-tensor"
    /// Scales for runs of neighbouring inputs, as the weights have them.
    case perBlock = "per-block"
    /// As llama.cpp's CPU kernels do for the type of the weights: Q8_0 or Q8_K blocks, FP16 or BF16.
    case q8
    /// One range for each layer's input, from calibration.
    case `static`
    case none
  }

  package let format: Format
  package let weights: WeightScale
  package let activations: Activations
  /// Modules kept in FP32: a whole name (`blk.3.ffn_down`, `lm_head`), a prefix (`blk.3`) or a kind (`ffn_down`).
  package let skip: [String]
  /// Whether integers span -max...max; otherwise the range of the values, with a zero point.
  package var isSymmetric = true
  /// Whether all matrices get one type, where llama.cpp would mix several.
  package var isPure = false
  /// What is done beyond rounding to the nearest value.
  package var algorithms = Algorithms.none
  /// How keys and values are kept.
  package var cache = CacheFormat.fp32

  package static let reference = Scheme(
    format: .fp32, weights: .perChannel, activations: .none, skip: [])
  /// The module name of the output matrix.
  package static let headName = "lm_head"

  /// The module name of the token embedding, where it has a form of its own.
  package static let embeddingName = "token_embd"

  /// What a module's matrix is turned into.
  func form(for site: LinearSite) -> LinearForm {
    if skips(site.module) { return .fp32 }
    if let plan = TensorTypePlan(self, for: site.model) {
      let block = plan.format(of: site.module, columns: site.columns, isTied: site.isTied)
      return .rounded(block.rounding, activations == .q8 ? block.inputOfLlamaCpp : .none)
    }
    switch format {
    case .fp32: return activations == .q8 ? .rounded(.none, site.stored?.inputOfLlamaCpp ?? .none) : .fp32
    case .fp16: return .half(.fp16)
    case .bf16: return .half(.bf16)
    // Quantizing the output matrix costs more accuracy than it saves; every tool leaves it by default.
    case _ where site.module == Self.headName: return .fp32
    case .int8, .int4: return integerForm
    default: return floatForm
    }
  }

  private var integerForm: LinearForm {
    let bits = format == .int8 ? 8 : 4
    guard isSymmetric else {
      let rounding = WeightRounding.asymmetric(AsymmetricInteger(bits: bits, scale: weights))
      return .rounded(rounding, activationScale.map { .format(.asymmetric(bits: bits, $0)) } ?? .none)
    }
    let integers = SymmetricInteger(bits: bits, scale: weights)
    return activationScale.map { .integer(integers, $0) } ?? .weightOnly(integers)
  }

  private var floatForm: LinearForm {
    if let element = format.minifloat {
      return .rounded(
        .minifloat(ScaledMinifloat(element, scale: weights)),
        activationScale.map { .format(.minifloat(element, $0)) } ?? .none)
    }
    if let block = format.microscaling {
      return .rounded(.microscaling(block), activations == .none ? .none : .format(.microscaling(block)))
    }
    return .rounded(.tensorScaledFP4, activations == .none ? .none : .format(.tensorScaledFP4(.perToken)))
  }

  private var activationScale: ActivationScale? {
    switch activations {
    case .perToken: algorithms.outliers.map { .perTokenWithout(outliersFrom: Float($0)) } ?? .perToken
    // The scale of static activations comes with what calibration finds.
    case .perTensor, .static: .perTensor
    default: nil
    }
  }

  /// Whether a module is kept in FP32.
  func skips(_ module: String) -> Bool { skip.contains { Self.matches($0, module: module) } }

  /// Whether a `skip` entry names a module.
  static func matches(_ pattern: String, module: String) -> Bool {
    module == pattern || module.hasPrefix(pattern + ".") || module.hasSuffix("." + pattern)
  }
}

/// A linear layer of a model, as far as its form depends on it.
struct LinearSite {
  let module: String
  let columns: Int
  /// How the file stores it.
  let stored: BlockFormat?
  /// Whether the output matrix is the token embedding.
  let isTied: Bool
  let model: Configuration
}
