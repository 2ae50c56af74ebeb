import Glibc

/// Source: transformers 5.23 `configuration_*.py`, `modeling_rope_utils.py`; version 4's names are read, too.
extension Configuration {
  /// Reads and checks `config.json`.
  /// - Throws: ``ModelError`` when the architecture is not supported, a key is missing, or the numbers contradict.
  package init(_ folder: ModelFolder) throws(ModelError) {
    let config = ConfigKeys(folder.config)
    guard let type = folder.config["model_type"]?.string else { throw .missingKey("model_type") }
    guard let architecture = Self.architectures[type] else { throw .unsupportedArchitecture(type) }
    let isGPT2 = architecture == .gpt2
    let (width, heads) = (
      try config.required(isGPT2 ? "n_embd" : "hidden_size"),
      try config.required(isGPT2 ? "n_head" : "num_attention_heads")
    )
    guard heads >= 1 else { throw .implausible(key: "number of heads", value: "\(heads)", expected: "at least 1") }
    let epsilonKey = isGPT2 ? "layer_norm_epsilon" : architecture == .gptneox ? "layer_norm_eps" : "rms_norm_eps"
    try self.init(
      architecture: architecture, vocabularySize: try config.required("vocab_size"), width: width,
      layers: try config.required(isGPT2 ? "n_layer" : "num_hidden_layers"),
      feedForwardWidth: isGPT2
        ? try config.integer("n_inner") ?? 4 * min(width, Self.limit) : try config.required("intermediate_size"),
      heads: heads, kvHeads: try config.integer("num_key_value_heads") ?? heads,
      headSize: try config.integer("head_dim") ?? width / heads,
      contextLength: try config.required(isGPT2 ? "n_positions" : "max_position_embeddings"),
      normEpsilon: try config.number(epsilonKey) ?? 1e-5)
    isTied = folder.config["tie_word_embeddings"]?.bool ?? (isGPT2 || architecture.normsUpdates ? true : nil)
    if isGPT2, folder.dimensions(of: "transformer.wte.weight") != nil { tensorPrefix = "transformer." }
    try checkActivation(config)
    try readWindows(config)
    if !architecture.learnsPositions { try readRopes(config) }
    if architecture == .gptneox { isParallel = folder.config["use_parallel_residual"]?.bool ?? true }
    if isGPT2, folder.config["scale_attn_by_inverse_layer_idx"]?.bool == true {
      throw .unsupported("scale_attn_by_inverse_layer_idx", expected: "GPT-2 without it")
    }
    guard architecture.normsUpdates else { return }
    embeddingScale = Float(width).squareRoot()
    if let scalar = try config.number("query_pre_attn_scalar") {
      try Self.checkPositive(scalar, key: "query_pre_attn_scalar")
      attentionScale = 1 / scalar.squareRoot()
    }
    attentionSoftCap = try config.cap("attn_logit_softcapping")
    logitSoftCap = try config.cap("final_logit_softcapping")
  }

  private static let architectures: [String: Architecture] = [
    "llama": .llama, "mistral": .llama, "qwen2": .qwen2, "qwen3": .qwen3, "gemma2": .gemma2, "gemma3_text": .gemma3,
    "gpt2": .gpt2, "gpt_neox": .gptneox, "phi3": .phi3,
  ]

  private func checkActivation(_ config: ConfigKeys) throws(ModelError) {
    let key =
      architecture == .gpt2 ? "activation_function" : architecture.normsUpdates ? "hidden_activation" : "hidden_act"
    guard let name = config.value(key)?.string else { return }
    let known: [String] =
      switch architecture.activation {
      case .silu: ["silu", "swish"]
      case .gelu: ["gelu"]
      case .geluTanh: ["gelu_new", "gelu_pytorch_tanh"]
      }
    guard known.contains(name) else {
      throw .unsupported("the activation '\(name)'", expected: known.joined(separator: " or "))
    }
  }

  private mutating func readWindows(_ config: ConfigKeys) throws(ModelError) {
    guard let window = try config.integer("sliding_window"), config.value("use_sliding_window")?.bool != false else {
      return
    }
    guard window >= 1 else { throw .implausible(key: "sliding_window", value: "\(window)", expected: "at least 1") }
    if let types = config.value("layer_types")?.strings {
      guard types.count == layers, types.allSatisfy({ ["sliding_attention", "full_attention"].contains($0) }) else {
        throw .unsupported(
          "this list of layer_types", expected: "'sliding_attention' or 'full_attention' for each of \(layers) layers")
      }
      windows = types.map { $0 == "sliding_attention" ? window : nil }
      return
    }
    let pattern = try config.integer("sliding_window_pattern") ?? (architecture == .gemma3 ? 6 : 2)
    let firstSliding = try config.integer("max_window_layers") ?? 0
    windows = (0..<layers).map { layer in
      switch architecture {
      case .gemma2, .gemma3: pattern < 1 || (layer + 1) % pattern != 0 ? window : nil
      case .qwen2, .qwen3: config.value("use_sliding_window")?.bool == true && layer >= firstSliding ? window : nil
      default: window
      }
    }
  }

  private mutating func readRopes(_ config: ConfigKeys) throws(ModelError) {
    let parameters = config.value("rope_parameters") ?? config.value("rope_scaling")
    if let full = parameters?["full_attention"], let sliding = parameters?["sliding_attention"] {
      let (wide, local) = (try rope(config, ConfigKeys(full)), try rope(config, ConfigKeys(sliding)))
      ropes = windows.map { $0 == nil ? wide : local }
      return
    }
    let wide = try rope(config, ConfigKeys(parameters ?? .null))
    ropes = [Rope](repeating: wide, count: layers)
    guard architecture == .gemma3 else { return }
    let base = try config.number("rope_local_base_freq") ?? 10000
    try Self.checkPositive(base, key: "rope_local_base_freq")
    let local = Rope(width: headSize, base: base)
    ropes = windows.map { $0 == nil ? wide : local }
  }

  /// - Parameter scaling: `rope_scaling` or `rope_parameters`, which may be empty.
  private mutating func rope(_ config: ConfigKeys, _ scaling: ConfigKeys) throws(ModelError) -> Rope {
    let base = try Self.first(["rope_theta", "rotary_emb_base"], of: [scaling, config]) ?? 10000
    try Self.checkPositive(base, key: "rope_theta")
    let part =
      try Self.first(["partial_rotary_factor", "rotary_pct"], of: [scaling, config])
      ?? (architecture == .gptneox ? 0.25 : 1)
    let turned = part > 0 && part <= 1 ? Int(Float(headSize) * part) : 0
    guard turned >= 2, turned % 2 == 0 else {
      throw .implausible(key: "partial_rotary_factor", value: "\(part)", expected: "an even part of a head")
    }
    var rope = Rope(width: turned, base: base)
    func positive(_ key: String, _ standard: Float? = nil) throws(ModelError) -> Float {
      guard let value = try scaling.number(key) ?? standard else { throw .missingKey("rope_scaling.\(key)") }
      try Self.checkPositive(value, key: "rope_scaling.\(key)")
      return value
    }
    let kind = scaling.value("rope_type")?.string ?? scaling.value("type")?.string ?? "default"
    switch kind {
    case "default": break
    case "linear": rope.scaleLinearly(by: try positive("factor"))
    case "llama3":
      let (low, high) = (try positive("low_freq_factor"), try positive("high_freq_factor"))
      guard high > low else {
        throw .implausible(key: "rope_scaling.high_freq_factor", value: "\(high)", expected: "more than \(low)")
      }
      rope.scaleAsLlama3(
        factor: try positive("factor"), lowFactor: low, highFactor: high,
        originalContext: try positive("original_max_position_embeddings"))
    case "yarn":
      var yarn = Rope.YaRN(
        factor: try positive("factor"),
        originalContext: try positive("original_max_position_embeddings", Float(contextLength)),
        fastRotations: try positive("beta_fast", 32), slowRotations: try positive("beta_slow", 1),
        truncates: scaling.value("truncate")?.bool ?? true, amplitude: try scaling.number("attention_factor"))
      if yarn.amplitude == nil, let scale = try scaling.number("mscale"),
        let all = try scaling.number("mscale_all_dim"),
        scale != 0, all != 0
      {
        yarn.amplitude =
          Rope.yarnAmplitude(yarn.factor, scale: scale) / Rope.yarnAmplitude(yarn.factor, scale: all)
      }
      rope.scale(yarn, base: base)
    case "longrope", "su": try scaleLong(&rope, config, scaling)
    default: throw .unsupported("rope scaling '\(kind)'", expected: "default, linear, llama3, yarn or longrope")
    }
    return rope
  }

  /// The first of the numbers that is there, objects before keys.
  private static func first(_ keys: [String], of objects: [ConfigKeys]) throws(ModelError) -> Float? {
    for object in objects {
      for key in keys { if let value = try object.number(key) { return value } }
    }
    return nil
  }

  /// LongRoPE (Ding et al. 2024). The short factors hold up to the original context; beyond it transformers changes the
  /// angles of the whole text, so longer texts are not read.
  private mutating func scaleLong(
    _ rope: inout Rope, _ config: ConfigKeys, _ scaling: ConfigKeys
  ) throws(ModelError) {
    guard let factors = scaling.value("short_factor")?.numbers?.map(Float.init),
      factors.count == rope.frequencies.count, factors.allSatisfy({ $0 > 0 && $0.isFinite })
    else { throw .unsupported("this short_factor", expected: "\(rope.frequencies.count) positive numbers") }
    rope.divide(by: factors)
    let original =
      try Self.first(["original_max_position_embeddings"], of: [scaling, config]) ?? Float(contextLength)
    try Self.checkPositive(original, key: "original_max_position_embeddings")
    let factor = Float(contextLength) / original
    rope.amplitude =
      try scaling.number("attention_factor")
      ?? (factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot())
    contextLength = min(contextLength, max(1, Int(min(original, Float(Self.limit)))))
  }
}

/// The members of a JSON object that are numbers.
private struct ConfigKeys {
  private let object: JSONValue

  init(_ object: JSONValue) { self.object = object }

  func value(_ key: String) -> JSONValue? { object[key] }

  func integer(_ key: String) throws(ModelError) -> Int? {
    guard let value = object[key] else { return nil }
    guard let integer = value.integer, (0...Configuration.limit).contains(integer) else {
      throw .implausible(key: key, value: quoted("\(value)"), expected: "a whole number up to \(Configuration.limit)")
    }
    return integer
  }

  func required(_ key: String) throws(ModelError) -> Int {
    guard let value = try integer(key) else { throw .missingKey(key) }
    return value
  }

  func number(_ key: String) throws(ModelError) -> Float? {
    guard let value = object[key] else { return nil }
    guard let number = value.number else {
      throw .implausible(key: key, value: quoted("\(value)"), expected: "a number")
    }
    return Float(number)
  }

  /// A soft cap: a positive number, or none.
  func cap(_ key: String) throws(ModelError) -> Float? {
    guard let value = try number(key) else { return nil }
    try Configuration.checkPositive(value, key: key)
    return value
  }
}
