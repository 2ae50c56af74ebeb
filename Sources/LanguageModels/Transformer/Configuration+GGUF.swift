/// Source: llama.cpp `llama-arch.cpp`, `llama-model.cpp`, `convert_hf_to_gguf.py`.
extension Configuration {
  /// Reads and checks the configuration.
  /// - Throws: ``ModelError`` when the architecture is not supported, a key is missing, or the numbers contradict.
  package init(_ file: GGUFFile) throws(ModelError) {
    do {
      try self.init(metadata: file.metadata)
    } catch let error as GGUFError {
      throw .file(error)
    } catch let error as ModelError {
      throw error
    } catch {
      preconditionFailure("reading metadata throws these two only: \(error)")
    }
  }

  private init(metadata: GGUFMetadata) throws {
    guard let name = try metadata.string("general.architecture") else {
      throw ModelError.missingKey("general.architecture")
    }
    guard let architecture = Architecture(rawValue: name) else { throw ModelError.unsupportedArchitecture(name) }
    let keys = ArchitectureKeys(metadata: metadata, prefix: name + ".")
    let (width, heads) = (try keys.required("embedding_length"), try keys.required("attention.head_count"))
    let headSize = try keys.optional("attention.key_length") ?? (width / heads)
    let epsilonKey = architecture.norm == .rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"
    let vocabulary = try metadata.strings("tokenizer.ggml.tokens")?.count ?? 0
    guard vocabulary >= 1 else { throw ModelError.missingKey("tokenizer.ggml.tokens") }
    try self.init(
      architecture: architecture, vocabularySize: vocabulary, width: width, layers: try keys.required("block_count"),
      feedForwardWidth: try keys.required("feed_forward_length"), heads: heads,
      kvHeads: try keys.optional("attention.head_count_kv") ?? heads, headSize: headSize,
      contextLength: try keys.required("context_length"), normEpsilon: try keys.float(epsilonKey) ?? 1e-5)

    let valueSize = try keys.optional("attention.value_length") ?? headSize
    guard valueSize == headSize else {
      throw ModelError.implausible(
        key: "\(name).attention.value_length", value: "\(valueSize)", expected: "the head size, \(headSize)")
    }
    if !architecture.learnsPositions { try readRopes(keys) }
    try readVariations(keys)
  }

  private mutating func readRopes(_ keys: ArchitectureKeys) throws {
    let turned = try keys.optional("rope.dimension_count") ?? headSize
    let mayTurnPart = architecture == .gptneox || architecture == .phi3
    guard turned == headSize || mayTurnPart, turned <= headSize, turned >= 2, turned % 2 == 0 else {
      throw ModelError.implausible(
        key: "\(keys.prefix)rope.dimension_count", value: "\(turned)", expected: "the head size, \(headSize)")
    }
    let base = try keys.float("rope.freq_base") ?? 10000
    try Self.checkPositive(base, key: "\(keys.prefix)rope.freq_base")
    var rope = Rope(width: turned, base: base)
    let old = try keys.float("rope.scale_linear")
    let factor = try keys.float("rope.scaling.factor") ?? old ?? 1
    try Self.checkPositive(factor, key: "\(keys.prefix)rope.scaling.factor")
    switch try keys.string("rope.scaling.type") ?? "none" {
    case "none" where old == nil: break
    case "none", "linear": rope.scaleLinearly(by: factor)
    case "yarn":
      let original = Float(try keys.required("rope.scaling.original_context_length"))
      let amplitude = Rope.yarnAmplitude(factor) * (try keys.float("rope.scaling.attn_factor") ?? 1)
      rope.scale(Rope.YaRN(factor: factor, originalContext: original, amplitude: amplitude), base: base)
    case "longrope": try readLongRope(keys, &rope)
    case let kind: throw ModelError.unsupported("rope scaling '\(kind)'", expected: "none, linear, yarn or longrope")
    }
    if architecture == .phi3, try keys.string("rope.scaling.type") == nil { try readLongRope(keys, &rope) }
    ropes = [Rope](repeating: rope, count: layers)
    guard architecture == .gemma3 else { return }
    let localBase = try keys.float("rope.freq_base_swa") ?? 10000
    try Self.checkPositive(localBase, key: "\(keys.prefix)rope.freq_base_swa")
    for layer in 0..<layers where layer % 6 < 5 { ropes[layer] = Rope(width: turned, base: localBase) }
  }

  /// The short factors hold up to the original context; beyond it the angles of the whole text would change.
  private mutating func readLongRope(_ keys: ArchitectureKeys, _ rope: inout Rope) throws {
    if let amplitude = try keys.float("rope.scaling.attn_factor") {
      try Self.checkPositive(amplitude, key: "\(keys.prefix)rope.scaling.attn_factor")
      rope.amplitude = amplitude
    }
    if let original = try keys.optional("rope.scaling.original_context_length") {
      contextLength = min(contextLength, original)
    }
  }

  private mutating func readVariations(_ keys: ArchitectureKeys) throws {
    if architecture == .gptneox { isParallel = try keys.boolean("use_parallel_residual") ?? true }
    let window = try keys.optional("attention.sliding_window")
    switch architecture {
    case .gemma2: windows = (0..<layers).map { $0 % 2 == 0 ? window ?? 4096 : nil }
    case .gemma3: windows = (0..<layers).map { $0 % 6 < 5 ? window : nil }
    case .llama, .phi3: windows = [Int?](repeating: window, count: layers)
    case .qwen2, .qwen3, .gpt2, .gptneox: break
    }
    guard architecture.normsUpdates else { return }
    embeddingScale = Float(width).squareRoot()
    // The 27B models scale by the width that a head would have, 144 and 168, not by their 128.
    if layers == (architecture == .gemma2 ? 46 : 62) { attentionScale = 1 / Float(width / heads).squareRoot() }
    if architecture == .gemma2 {
      attentionSoftCap = try keys.float("attn_logit_softcapping") ?? 50
      logitSoftCap = try keys.float("final_logit_softcapping") ?? 30
    }
  }
}

/// The metadata keys that begin with the architecture's name.
private struct ArchitectureKeys {
  let metadata: GGUFMetadata
  let prefix: String

  func string(_ key: String) throws -> String? { try metadata.string(prefix + key) }
  func float(_ key: String) throws -> Float? { try metadata.float(prefix + key) }
  func boolean(_ key: String) throws -> Bool? { try metadata.boolean(prefix + key) }

  func optional(_ key: String) throws -> Int? {
    guard let value = try metadata.unsignedInteger(prefix + key) else { return nil }
    guard value >= 1, value <= Configuration.limit else {
      throw ModelError.implausible(key: prefix + key, value: "\(value)", expected: "1 to \(Configuration.limit)")
    }
    return value
  }

  func required(_ key: String) throws -> Int {
    guard let value = try optional(key) else { throw ModelError.missingKey(prefix + key) }
    return value
  }
}
