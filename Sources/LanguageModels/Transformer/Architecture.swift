/// The families of decoder-only transformers that the engine knows, as small variations of one description.
///
/// Every family is `x += attention(norm(x)); x += feedForward(norm(x))`; the properties say how each part is made.
package enum Architecture: String, CaseIterable, Sendable, Hashable {
  /// Llama 1-3, SmolLM, Mistral.
  case llama
  case qwen2
  case qwen3
  case gemma2
  case gemma3
  case gpt2
  /// GPT-NeoX and Pythia.
  case gptneox
  case phi3

  enum Norm: Sendable {
    /// `x · w / √(mean x² + ε)`
    case rms
    /// `(x - mean) · w / √(variance + ε) + b`
    case layer
  }

  enum Activation: Sendable {
    case silu
    /// `x Φ(x)`
    case gelu
    /// GELU by tanh, as GPT-2 and Gemma define it.
    case geluTanh
  }

  var norm: Norm { self == .gpt2 || self == .gptneox ? .layer : .rms }

  var activation: Activation {
    switch self {
    case .llama, .qwen2, .qwen3, .phi3: .silu
    case .gemma2, .gemma3, .gpt2: .geluTanh
    case .gptneox: .gelu
    }
  }

  /// Whether the feed-forward part is `down(act(gate(x)) · up(x))`, or `down(act(up(x)))`.
  var isGated: Bool { norm == .rms }

  /// Whether positions are vectors added to the embedding; otherwise queries and keys are turned.
  var learnsPositions: Bool { self == .gpt2 }

  /// Whether each head's query and key have a norm of their own.
  var normsHeads: Bool { self == .qwen3 || self == .gemma3 }

  /// Whether what attention and feed-forward add has a norm, too.
  var normsUpdates: Bool { self == .gemma2 || self == .gemma3 }

  /// Whether files hold query, key and value of a layer as one matrix.
  var fusesQueryKeyValue: Bool { self == .gpt2 || self == .gptneox || self == .phi3 }

  /// Whether Hugging Face's files hold the weights of norms minus 1.
  var storesNormsMinusOne: Bool { self == .gemma2 || self == .gemma3 }

  /// The linear layers whose bias must be there; other biases are applied where they are.
  var biasedModules: Set<String> {
    switch self {
    case .qwen2: ["attn_q", "attn_k", "attn_v"]
    case .gpt2, .gptneox: Set(Self.layerModules(isGated: false))
    case .llama, .qwen3, .gemma2, .gemma3, .phi3: []
    }
  }

  /// The linear layers of a transformer layer, in its order.
  var layerModules: [String] { Self.layerModules(isGated: isGated) }

  private static func layerModules(isGated: Bool) -> [String] {
    ["attn_q", "attn_k", "attn_v", "attn_output"] + (isGated ? ["ffn_gate"] : []) + ["ffn_up", "ffn_down"]
  }

  /// The model in words, for messages.
  package static let supported =
    "llama (Llama 1-3, SmolLM, Mistral), qwen2, qwen3, gemma2, gemma3 (text), gpt2, gptneox (Pythia), phi3"
}
