package import Tensors

/// A quantization scheme: how every linear layer of a model computes.
///
/// Written as `name:option=value,...`; parsing is strict and printing canonical (defaults left out, options in a fixed
/// order), so that equal schemes have equal strings. Embeddings look-up, norms, attention and softmax stay FP32; what
/// attention reads is kept as `kv` says.
package struct Scheme: Hashable, Sendable {
  package enum Format: String, CaseIterable, Sendable {
    case fp32, bf16, fp16, int8, int4
  }

  package enum Activations: String, CaseIterable, Sendable {
    case perToken = "per-token"
    case perTensor = "per-tensor"
    case none
  }

  package let format: Format
  package let weights: WeightScale
  package let activations: Activations
  /// Modules kept in FP32: a whole name (`blk.3.ffn_down`, `lm_head`), a prefix (`blk.3`) or a kind (`ffn_down`).
  package let skip: [String]
  /// How keys and values are kept.
  package let cache: CacheFormat

  package static let reference = Scheme(
    format: .fp32, weights: .perChannel, activations: .none, skip: [], cache: .fp32)
  /// The module name of the output matrix.
  package static let headName = "lm_head"

  /// What a module's matrix is turned into.
  func form(for module: String) -> LinearForm {
    if skip.contains(where: { Self.matches($0, module: module) }) { return .fp32 }
    switch format {
    case .fp32: return .fp32
    case .fp16: return .half(.fp16)
    case .bf16: return .half(.bf16)
    case .int8, .int4:
      // Quantizing the output matrix costs more accuracy than it saves; every tool leaves it by default.
      if module == Self.headName { return .fp32 }
      let integers = SymmetricInteger(bits: format == .int8 ? 8 : 4, scale: weights)
      switch activations {
      case .none: return .weightOnly(integers)
      case .perToken: return .integer(integers, .perToken)
      case .perTensor: return .integer(integers, .perTensor)
      }
    }
  }

  /// Whether a `skip` entry names a module.
  static func matches(_ pattern: String, module: String) -> Bool {
    module == pattern || module.hasPrefix(pattern + ".") || module.hasSuffix("." + pattern)
  }
}

/// The form of one linear layer under a scheme.
enum LinearForm {
  case fp32
  /// Weights and inputs rounded to 16 bits, FP32 accumulation.
  case half(HalfFormat)
  /// Integer weights multiplied back to FP32; inputs untouched.
  case weightOnly(SymmetricInteger)
  /// Integer weights and inputs, INT32 accumulation, FP32 scales.
  case integer(SymmetricInteger, ActivationScale)

  /// What the layer does to its input.
  var inputRounding: InputRounding {
    switch self {
    case .fp32, .weightOnly: .none
    case .half(let format): format == .fp16 ? .fp16 : .bf16
    case .integer(_, let scale): .int8(scale)
    }
  }

  /// Makes the layer, using up the FP32 values.
  func linear(_ values: AlignedBuffer<Float>, rows: Int, columns: Int, profile: KernelProfile, pool: WorkerPool)
    -> FormedLinear
  {
    func linear(rowScales: [Float]? = nil) -> Linear {
      Linear(
        rows: rows, columns: columns, values: values, rowScales: rowScales, inputRounding: inputRounding,
        profile: profile, pool: pool)
    }
    switch self {
    case .fp32:
      return FormedLinear(linear())
    case .half(let format):
      let overflows = values.round(to: format)
      return FormedLinear(linear(), overflows: overflows)
    case .weightOnly(let integers):
      integers.roundTrip(values, rows: rows, columns: columns, pool: pool)
      return FormedLinear(linear())
    case .integer(let integers, _):
      let scales = integers.quantize(values, rows: rows, columns: columns, pool: pool)
      return FormedLinear(linear(rowScales: scales))
    }
  }
}

/// A linear layer, and how many of its weights overflowed on the way.
struct FormedLinear {
  let linear: Linear
  let overflows: Int

  init(_ linear: Linear, overflows: Int = 0) {
    self.linear = linear
    self.overflows = overflows
  }
}
