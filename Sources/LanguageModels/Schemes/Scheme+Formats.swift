import Tensors

extension Scheme.Format {
  /// Short names that llama.cpp's quantizer takes too.
  static let aliases: [String: Scheme.Format] = ["q5_k": .q5_k_m, "q4_k": .q4_k_m, "q3_k": .q3_k_m]

  /// What shares a scale unless told otherwise; without meaning where the format itself says it.
  var weights: WeightScale { self == .int4 ? .group(Scheme.defaultGroup) : .perChannel }

  /// How activations can be rounded, the default first.
  var activations: [Scheme.Activations] {
    switch self {
    case .fp32: [.none, .q8]
    case .fp16, .bf16, .int4: [.none]
    case .int8: [.perToken, .perTensor, .static, .none]
    case .fp8E4M3, .fp8E5M2: [.perToken, .perTensor, .none]
    case .mxfp8, .mxfp8E5M2, .mxfp6, .mxfp6E3M2, .mxfp4, .nvfp4: [.perBlock, .none]
    default: [.none, .q8]
    }
  }

  /// One sentence for `--list-schemes`.
  package var summary: String {
    switch self {
    case .fp32: "weights and inputs in FP32: the reference; of a quantized file, the values that it holds"
    case .bf16: "weights and linear-layer inputs rounded to BF16, FP32 accumulation"
    case .fp16: "weights and linear-layer inputs rounded to FP16, FP32 accumulation"
    case .int8:
      "W8A8: weights symmetric absmax per output channel, activations dynamic per token, INT32 accumulation; "
        + "lm_head stays FP32"
    case .int4: "weight-only INT4, symmetric absmax in groups of 32 inputs; lm_head stays FP32"
    case .fp8E4M3:
      "W8A8 in FP8 E4M3 (OCP, no infinities): absmax/448 per output channel and per token, ties to even, saturating; "
        + "lm_head stays FP32"
    case .fp8E5M2: "as fp8-e4m3 in FP8 E5M2, absmax/57344: more range, one bit less precision"
    case .mxfp8:
      "OCP Microscaling 1.0: weights and inputs in blocks of 32 E4M3 with a shared power of two "
        + "2^(floor(log2 absmax) - emax), elements to nearest, ties to even, saturating; lm_head stays FP32"
    case .mxfp8E5M2: "as mxfp8 with E5M2 elements"
    case .mxfp6: "as mxfp8 with E2M3 elements: 6.25 bits"
    case .mxfp6E3M2: "as mxfp8 with E3M2 elements: 6.25 bits"
    case .mxfp4: "as mxfp8 with E2M1 elements: 4.25 bits"
    case .nvfp4:
      "NVFP4: weights and inputs in blocks of 16 E2M1 with an E4M3 scale and an FP32 scale absmax/2688 for the tensor "
        + "(of inputs, for the token): 4.5 bits; lm_head stays FP32"
    case .tq1_0, .tq2_0: "llama.cpp's \(ggufName): -1, 0, 1 times the absmax of 256; for models trained so"
    default:
      "llama.cpp's \(ggufName)\(mixture): the tensor types and bytes of `llama-quantize \(ggufName)`, output matrix and "
        + "embedding included; inputs stay FP32 unless activations=q8"
    }
  }

  private var mixture: String {
    switch self {
    case .q8_0, .q5_1, .q5_0, .q4_1, .q4_0, .q6_k: ""
    default: " mixture"
    }
  }

  /// The name in llama.cpp's quantizer, such as `Q4_K_M`.
  package var ggufName: String { rawValue.uppercased() }

  /// The options it takes and their values, for `--list-schemes`.
  package var optionHelp: [String] {
    let q8 = "activations=none|q8 (inputs in the blocks of 8 bits that llama.cpp's CPU kernels multiply with)"
    let own: [String] =
      switch self {
      case .fp32: [q8]
      case .fp16, .bf16: []
      case .int8:
        [
          "weights=per-channel|per-tensor", "activations=per-token|per-tensor|static|none",
          "group=N (with activations=none)", Self.symmetric,
        ]
      case .int4: ["weights=per-channel|per-tensor", "group=N", Self.symmetric]
      case .fp8E4M3, .fp8E5M2: ["weights=per-channel|per-tensor", "activations=per-token|per-tensor|none"]
      case .mxfp8, .mxfp8E5M2, .mxfp6, .mxfp6E3M2, .mxfp4, .nvfp4: ["activations=per-block|none"]
      default: [q8, "pure=true|false (the one type for all matrices)"]
      }
    return own + Algorithms.help(for: self)
      + ["skip=MODULE+MODULE...", "kv=fp32|fp16|int8|int4 (keys and values of each token and head)"]
  }

  private static let symmetric =
    "symmetric=true|false (false: min-max range with a zero point; multiplied in FP32)"
}
