import Tensors

/// Which block format llama.cpp's quantizer gives each tensor of a model, for one of its named mixtures.
///
/// Source: llama.cpp `llama_tensor_get_type_impl` and `tensor_type_fallback` (dense models; as it chooses without an
/// importance matrix).
struct TensorTypePlan: Hashable, Sendable {
  /// The mixture, such as ``Scheme/Format/q4_k_m``.
  let mixture: Scheme.Format
  /// The format that most tensors get.
  let base: BlockFormat
  /// Every tensor gets the base format.
  let isPure: Bool
  let layers: Int
  /// Query heads that share a key/value head.
  let groupSize: Int
  /// The files hold query, key and value as one matrix.
  let isFused: Bool

  /// - Returns: `nil` for schemes that are no GGUF mixtures.
  init?(_ scheme: Scheme, for configuration: Configuration) {
    guard let base = scheme.format.ggufBase else { return nil }
    mixture = scheme.format
    self.base = base
    isPure = scheme.isPure
    layers = configuration.layers
    isFused = configuration.architecture.fusesQueryKeyValue
    groupSize = configuration.heads / max(1, configuration.kvHeads)
  }

  /// The format of a module's matrix.
  /// - Parameters:
  ///   - columns: row length, which must be whole blocks: where it is not, another format takes its place.
  ///   - isTied: whether the token embedding is the output matrix as well.
  func format(of module: String, columns: Int, isTied: Bool) -> BlockFormat {
    Self.fitting(isPure ? base : chosen(module, columns: columns, isTied: isTied), columns: columns)
  }

  private func chosen(_ module: String, columns: Int, isTied: Bool) -> BlockFormat {
    let parts = module.split(separator: ".")
    let layer = parts.count == 3 ? Int(parts[1]) ?? 0 : 0
    let name = parts.last.map(String.init)
    switch isFused && ["attn_q", "attn_k", "attn_v"].contains(name) ? "attn_qkv" : name {
    case Scheme.headName: return output(columns)
    case Scheme.embeddingName:
      if isTied { return output(columns) }
      return mixture == .tq1_0 || mixture == .tq2_0 ? .q4_K : base
    case "attn_v": return attentionValue(layer)
    case "attn_output":
      return [.q2_k: .q3_K, .q3_k_m: .q4_K, .q3_k_l: .q5_K][mixture] ?? base
    case "attn_qkv":
      return [.q3_k_m: .q4_K, .q3_k_l: .q4_K, .q4_k_m: .q5_K, .q5_k_m: .q6_K][mixture] ?? base
    case "ffn_down": return feedForwardDown(layer)
    default: return base
    }
  }

  private func output(_ columns: Int) -> BlockFormat {
    columns % base.blockElements != 0 ? .q8_0 : base == .q8_0 ? base : .q6_K
  }

  private func attentionValue(_ layer: Int) -> BlockFormat {
    let chosen: BlockFormat =
      switch mixture {
      case .q2_k: groupSize >= 4 ? .q4_K : .q3_K
      case .q2_k_s where groupSize >= 4: .q4_K
      case .q3_k_m: layer < 2 ? .q5_K : .q4_K
      case .q3_k_l: .q5_K
      case .iq4_nl where groupSize >= 4, .iq4_xs where groupSize >= 4: .q5_K
      case .q4_k_m where hasMoreBits(layer), .q5_k_m where hasMoreBits(layer): .q6_K
      case .q4_k_s where layer < 4: .q5_K
      default: base
      }
    // Llama 70B shares its values among eight heads, so they are small and worth more bits.
    let isLlama70B = layers == 80 && groupSize == 8
    return isLlama70B && (chosen == .q3_K || chosen == .q4_K) ? .q5_K : chosen
  }

  private func feedForwardDown(_ layer: Int) -> BlockFormat {
    switch mixture {
    case .q2_k: .q3_K
    case .q2_k_s where layer < layers / 8: .q4_K
    case .q3_k_m: layer < layers / 16 ? .q5_K : .q4_K
    case .q3_k_l: .q5_K
    case .q4_k_m where hasMoreBits(layer), .q5_k_m where hasMoreBits(layer): .q6_K
    case .q4_k_s where layer < layers / 8, .iq4_nl where layer < layers / 8, .iq4_xs where layer < layers / 8: .q5_K
    default: base
    }
  }

  /// The first and last eighth of the layers, and every third between.
  private func hasMoreBits(_ layer: Int) -> Bool {
    layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
  }

  /// What llama.cpp takes for rows that are not whole blocks of 256, and of 32.
  static func fitting(_ format: BlockFormat, columns: Int) -> BlockFormat {
    guard columns % format.blockElements != 0 else { return format }
    let smaller: BlockFormat =
      switch format {
      case .iq4_xs: .iq4_nl
      case .q2_K, .q3_K, .tq1_0, .tq2_0: .q4_0
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: .f16
      }
    return columns % smaller.blockElements == 0 ? smaller : .f16
  }
}

extension Scheme.Format {
  /// The format of most tensors, for the names of llama.cpp's quantizer.
  var ggufBase: BlockFormat? {
    switch self {
    case .q8_0: .q8_0
    case .q5_1: .q5_1
    case .q5_0: .q5_0
    case .q4_1: .q4_1
    case .q4_0: .q4_0
    case .iq4_nl: .iq4_nl
    case .iq4_xs: .iq4_xs
    case .q6_k: .q6_K
    case .q5_k_m, .q5_k_s: .q5_K
    case .q4_k_m, .q4_k_s: .q4_K
    case .q3_k_l, .q3_k_m, .q3_k_s: .q3_K
    case .q2_k, .q2_k_s: .q2_K
    case .tq2_0: .tq2_0
    case .tq1_0: .tq1_0
    default: nil
    }
  }
}
