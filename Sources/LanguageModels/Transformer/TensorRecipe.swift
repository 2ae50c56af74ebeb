/// Where the values of one of the engine's tensors lie in a model's files, and what turns the file's order into ours.
///
/// The engine knows tensors by GGUF's names whatever the files call them, keeps query, key and value apart, and turns
/// adjacent pairs of a head in rotary embedding.
struct TensorRecipe {
  /// The name in the files.
  var name: String
  /// The file's row (or, of a vector, element) for each of ours; `nil` when all are taken in their order.
  var rows: [Int]?
  /// Rows in the files, where only some are taken.
  var storedRows: Int?
  /// Whether a matrix is stored `[in][out]` (GPT-2's `Conv1D`).
  var isTransposed = false
  /// What is added to every value (Gemma stores `w - 1` of its norms).
  var offset: Float = 0
}

extension Configuration {
  /// The recipe of one of the engine's tensors, such as `blk.0.attn_q.weight`.
  func recipe(for tensor: String, in naming: TensorNaming) -> TensorRecipe {
    let parts = tensor.split(separator: ".").map(String.init)
    guard parts.count == 4, parts[0] == "blk" else {
      let isNorm = naming == .huggingFace && architecture.storesNormsMinusOne && parts[0] == "output_norm"
      return TensorRecipe(name: name(of: tensor, in: naming), offset: isNorm ? 1 : 0)
    }
    let module = parts[2]
    var recipe = part(of: module, in: naming)
    recipe.name = name(of: tensor, in: naming)
    guard naming == .huggingFace else { return recipe }
    recipe.isTransposed = architecture == .gpt2 && parts[3] == "weight" && !module.contains("norm")
    // Norms may be stored as what they add to 1.
    if architecture.storesNormsMinusOne, module.contains("norm") { recipe.offset = 1 }
    return recipe
  }

  /// The name that the files use for one of the engine's tensors.
  func name(of tensor: String, in naming: TensorNaming) -> String {
    let parts = tensor.split(separator: ".").map(String.init)
    guard parts.count == 4, parts[0] == "blk" else {
      return naming == .gguf ? ggufName(tensor) : huggingFaceName(ofModel: parts[0], parts.last ?? "")
    }
    let (layer, suffix) = (parts[1], parts[3])
    let module = storedModule(parts[2])
    return naming == .gguf
      ? "blk.\(layer).\(module).\(suffix)" : "\(layerPrefix)\(layer).\(huggingFaceName(module)).\(suffix)"
  }

  private func ggufName(_ tensor: String) -> String {
    tensor == "rope_freqs.weight" && architecture == .phi3 ? "rope_factors_short.weight" : tensor
  }

  /// Hugging Face's name of a tensor outside the layers.
  private func huggingFaceName(ofModel module: String, _ suffix: String) -> String {
    let names: [String: String] =
      switch architecture {
      case .gpt2:
        [
          "token_embd": "\(tensorPrefix)wte", "position_embd": "\(tensorPrefix)wpe",
          "output_norm": "\(tensorPrefix)ln_f", "output": "lm_head",
        ]
      case .gptneox:
        ["token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm", "output": "embed_out"]
      default: ["token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"]
      }
    return "\(names[module] ?? module).\(suffix)"
  }

  private var layerPrefix: String {
    switch architecture {
    case .gpt2: "\(tensorPrefix)h."
    case .gptneox: "gpt_neox.layers."
    default: "model.layers."
    }
  }

  // MARK: Rows

  private var fusesAttention: Bool { architecture == .gpt2 || architecture == .gptneox || architecture == .phi3 }

  /// The module (by GGUF's names) that holds a module of a layer in the files.
  private func storedModule(_ module: String) -> String {
    switch module {
    case "attn_q", "attn_k", "attn_v": fusesAttention ? "attn_qkv" : module
    case "ffn_gate": architecture == .phi3 ? "ffn_up" : module
    default: module
    }
  }

  /// The rows of a module of a layer in the module that holds it.
  private func part(of module: String, in naming: TensorNaming) -> TensorRecipe {
    let all = queryWidth + 2 * kvWidth
    switch module {
    case "attn_q", "attn_k", "attn_v":
      let index = module == "attn_q" ? 0 : module == "attn_k" ? 1 : 2
      let count = index == 0 ? heads : kvHeads
      let turns = index < 2 && !ropes.isEmpty && !(architecture == .llama && naming == .gguf)
      guard fusesAttention else {
        return TensorRecipe(name: module, rows: turns ? rows(heads: count, turns: true) { $0 * headSize } : nil)
      }
      // GPT-NeoX keeps query, key and value of a head together; GGUF's converter parts them.
      let first = [0, queryWidth, queryWidth + kvWidth][index]
      let rows = rows(heads: count, turns: turns) { head in
        architecture == .gptneox && naming == .huggingFace
          ? (3 * head + index) * headSize : first + head * headSize
      }
      return TensorRecipe(name: "attn_qkv", rows: rows, storedRows: all)
    case "attn_q_norm", "attn_k_norm":
      return TensorRecipe(name: module, rows: rows(heads: 1, turns: true) { _ in 0 })
    case "ffn_gate" where architecture == .phi3:
      return TensorRecipe(name: "ffn_up", rows: Array(0..<feedForwardWidth), storedRows: 2 * feedForwardWidth)
    case "ffn_up" where architecture == .phi3:
      return TensorRecipe(
        name: "ffn_up", rows: Array(feedForwardWidth..<2 * feedForwardWidth), storedRows: 2 * feedForwardWidth)
    default: return TensorRecipe(name: module)
    }
  }

  /// The stored rows of heads in the engine's order: pairs that turn together, half a head apart in the files, become
  /// neighbours.
  private func rows(heads: Int, turns: Bool, first: (Int) -> Int) -> [Int] {
    let turned = turns ? turnedWidth : 0
    return (0..<heads).flatMap { head in
      (0..<headSize).map { row in
        first(head) + (row < turned ? row % 2 * (turned / 2) + row / 2 : row)
      }
    }
  }

  /// Hugging Face's name of a module of a layer.
  private func huggingFaceName(_ module: String) -> String {
    switch architecture {
    case .gpt2: Self.gpt2Names[module] ?? module
    case .gptneox: Self.gptNeoXNames[module] ?? module
    case .gemma2, .gemma3: Self.gemmaNames[module] ?? Self.llamaNames[module] ?? module
    case .phi3: Self.phi3Names[module] ?? Self.llamaNames[module] ?? module
    case .llama, .qwen2, .qwen3: Self.llamaNames[module] ?? module
    }
  }

  private static let llamaNames = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
  private static let gemmaNames = [
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
  ]
  private static let phi3Names = ["attn_qkv": "self_attn.qkv_proj", "ffn_up": "mlp.gate_up_proj"]
  private static let gpt2Names = [
    "attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_norm": "ln_2",
    "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
  ]
  private static let gptNeoXNames = [
    "attn_norm": "input_layernorm", "attn_qkv": "attention.query_key_value", "attn_output": "attention.dense",
    "ffn_norm": "post_attention_layernorm", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h",
  ]
}

extension Configuration {
  /// The names that the files may use for the model's tensors.
  func tensorNames(in naming: TensorNaming) -> Set<String> {
    let linears = architecture.layerModules.flatMap { ["\($0).weight", "\($0).bias"] }
    let norms = ["attn_norm", "ffn_norm"].flatMap { ["\($0).weight", "\($0).bias"] }
    let others =
      (architecture.normsHeads ? ["attn_q_norm.weight", "attn_k_norm.weight"] : [])
      + (architecture.normsUpdates ? ["post_attention_norm.weight", "post_ffw_norm.weight"] : [])
    var tensors = ["token_embd.weight", "output_norm.weight", "output_norm.bias", "output.weight", "output.bias"]
    if architecture.learnsPositions { tensors.append("position_embd.weight") }
    if naming == .gguf, !ropes.isEmpty { tensors.append("rope_freqs.weight") }
    for layer in 0..<layers { tensors += (linears + norms + others).map { "blk.\(layer).\($0)" } }
    return Set(tensors.map { name(of: $0, in: naming) })
  }

  /// What transformers saves besides weights, all of it computable, and the long factors of a GGUF file of Phi-3, which
  /// hold beyond the context that is read.
  static func isBuffer(_ name: String) -> Bool {
    [".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias"]
      .contains(where: name.hasSuffix) || name == "rope_factors_long.weight"
  }
}
