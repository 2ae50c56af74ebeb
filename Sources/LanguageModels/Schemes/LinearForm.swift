import Tensors

/// The form of one linear layer under a scheme.
enum LinearForm {
  case fp32
  /// Weights and inputs rounded to 16 bits, FP32 accumulation.
  case half(HalfFormat)
  /// Integer weights multiplied back to FP32; inputs untouched.
  case weightOnly(SymmetricInteger)
  /// Integer weights and inputs, INT32 accumulation, FP32 scales.
  case integer(SymmetricInteger, ActivationScale)
  /// Weights and inputs rounded to formats and back, FP32 accumulation.
  case rounded(WeightRounding, InputRounding)

  /// What the layer does to its input.
  var inputRounding: InputRounding {
    switch self {
    case .fp32, .weightOnly: .none
    case .half(let format): format == .fp16 ? .fp16 : .bf16
    case .integer(_, let scale): .int8(scale)
    case .rounded(_, let inputs): inputs
    }
  }

  /// Bits that one weight of a `rows × columns` matrix takes, scales included.
  func bitsPerWeight(rows: Int, columns: Int) -> Double {
    /// `bits` for each scale of `scale`.
    func scales(_ scale: WeightScale, _ bits: Double) -> Double {
      switch scale {
      case .perTensor: bits / Double(rows * columns)
      case .perChannel: bits / Double(columns)
      case .group(let size): bits / Double(min(size, columns))
      }
    }
    switch self {
    case .fp32: return 32
    case .half: return 16
    case .weightOnly(let integers), .integer(let integers, _):
      return Double((integers.maximum + 1).trailingZeroBitCount + 1) + scales(integers.scale, 32)
    case .rounded(let weights, _):
      switch weights {
      case .none: return 32
      case .half: return 16
      // A scale and a zero point of as many bits as the integers.
      case .asymmetric(let integers): return Double(integers.bits) + scales(integers.scale, 32 + Double(integers.bits))
      case .minifloat(let format): return Double(format.element.bits) + scales(format.scale, 32)
      case .microscaling(let block): return block.bitsPerElement
      case .tensorScaledFP4: return TensorScaledFP4.bitsPerElement + scales(.perTensor, 32)
      case .blocks(let format): return format.bitsPerElement
      }
    }
  }
}

/// A linear layer, and how many of its weights overflowed on the way.
struct FormedLinear {
  let linear: Linear
  let overflows: Int
}

extension BlockFormat {
  /// How values are rounded to the format.
  var rounding: WeightRounding {
    switch self {
    case .f32: .none
    case .f16: .half(.fp16)
    case .bf16: .half(.bf16)
    default: .blocks(self)
    }
  }

  /// What llama.cpp's CPU kernels make of the inputs of weights in this format (ggml `type_traits_cpu.vec_dot_type`).
  ///
  /// Q8_1, for formats with a minimum, rounds as Q8_0 does; its sum in binary16 is not imitated.
  var inputOfLlamaCpp: InputRounding {
    switch self {
    case .f32: .none
    case .f16: .fp16
    case .bf16: .bf16
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .mxfp4, .nvfp4: .format(.q8_0)
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_xs, .tq1_0, .tq2_0: .format(.q8_K)
    }
  }
}

extension Scheme.Format {
  /// The element of FP8 schemes.
  var minifloat: Minifloat? {
    switch self {
    case .fp8E4M3: .e4m3
    case .fp8E5M2: .e5m2
    default: nil
    }
  }

  /// The block of Microscaling schemes.
  var microscaling: MicroscalingBlock? {
    switch self {
    case .mxfp8: MicroscalingBlock(.e4m3)
    case .mxfp8E5M2: MicroscalingBlock(.e5m2)
    case .mxfp6: MicroscalingBlock(.e2m3)
    case .mxfp6E3M2: MicroscalingBlock(.e3m2)
    case .mxfp4: MicroscalingBlock(.e2m1)
    default: nil
    }
  }
}
