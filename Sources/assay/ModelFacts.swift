import LanguageModels

/// What `assay inspect` says of a model file.
struct ModelFacts {
  let facts: [Fact]

  /// - Parameter path: a GGUF file, a folder as transformers saves it, or one safetensors file.
  init(path: String, scheme: Scheme, batch: Int, tokens: Int) throws {
    do {
      if ModelFolder.isFolder(path) {
        let folder = try ModelFolder(path: path)
        facts =
          Self.describe(folder)
          + Self.runnable(
            configuration: Result { try Configuration(folder) }, template: Result { try ChatTemplate(folder) },
            scheme: scheme, batch: batch, tokens: tokens)
      } else if path.hasSuffix(".safetensors") {
        let file = try SafetensorsFile(path: path)
        let census = TensorCensus(file)
        facts =
          [
            Fact("kind", "tensors (safetensors)"), Fact("elements", census.elements),
            Fact("tensors", file.tensors.count),
          ] + Self.weights(census, fileBytes: file.byteCount)
      } else {
        let file = try GGUFFile(path: path)
        facts =
          Self.describe(file)
          + Self.runnable(
            configuration: Result { try Configuration(file) }, template: Result { try ChatTemplate(file) },
            scheme: scheme, batch: batch, tokens: tokens)
      }
    } catch {
      throw AssayError("\(error)")
    }
  }

  private static func describe(_ file: GGUFFile) -> [Fact] {
    let census = TensorCensus(file)
    func text(_ key: String) -> String? { (try? file.metadata.string(key)).flatMap { $0 } }
    return [
      Fact("kind", "model (GGUF version \(file.version))"),
      Fact("name", text("general.name") ?? "unnamed"),
      Fact("architecture", text("general.architecture") ?? "unknown"),
      Fact("parameters", census.elements),
      Fact("tensors", file.tensors.count),
    ] + weights(census, fileBytes: file.byteCount) + label(TensorCensus.label(file), census) + [
      Fact("tokenizer", "\(text("tokenizer.ggml.model") ?? "none") \(text("tokenizer.ggml.pre") ?? "")")
    ]
  }

  private static func describe(_ folder: ModelFolder) -> [Fact] {
    let census = TensorCensus(folder)
    let architecture = folder.config["architectures"]?.strings?.first ?? folder.config["model_type"]?.string
    let tokenizer = (try? folder.json("tokenizer.json")).flatMap { $0 }?["model"]?["type"]?.string
    return [
      Fact("kind", "model (folder with \(folder.files.count) safetensors)"),
      Fact("name", Files.name(folder.path)),
      Fact("architecture", architecture ?? "unknown"),
      Fact("parameters", census.elements),
      Fact("tensors", folder.files.reduce(0) { $0 + $1.tensors.count }),
    ] + weights(census, fileBytes: folder.byteCount) + label(TensorCensus.label(folder), census) + [
      Fact("tokenizer", tokenizer ?? "none")
    ]
  }

  private static func weights(_ census: TensorCensus, fileBytes: Int) -> [Fact] {
    var facts = [Fact("file_bytes", fileBytes)]
    for entry in census.entries {
      let bytes = entry.bytes.map { ", \($0) bytes" } ?? ""
      facts.append(
        Fact(
          "tensors_\(entry.type)", title: "tensors \(entry.type)",
          "\(entry.tensors) with \(entry.elements) elements\(bytes)"))
    }
    if let bits = census.bitsPerWeight { facts.append(Fact("bits_per_weight", twoDecimals(bits))) }
    return facts
  }

  private static func label(_ label: String?, _ census: TensorCensus) -> [Fact] {
    [Fact("label", label ?? "none")] + (census.labelWarning.map { [Fact("warning", $0)] } ?? [])
  }

  /// What it takes to run the model, or why it cannot be run.
  private static func runnable(
    configuration: Result<Configuration, any Error>, template: Result<ChatTemplate, any Error>, scheme: Scheme,
    batch: Int, tokens: Int
  ) -> [Fact] {
    let template =
      switch template {
      case .success(let template): template.family
      case .failure(let error): "\(error)"
      }
    switch configuration {
    case .success(let c):
      let length = min(tokens, c.contextLength)
      let memory = MemoryEstimate(
        c, scheme: scheme, sequences: Array(repeating: length, count: batch), batch: batch, cacheBytes: .max,
        promptTokens: length)
      return [
        Fact(
          "shape",
          "\(c.layers) layers, width \(c.width), \(c.heads) heads (\(c.kvHeads) key/value), "
            + "feed-forward \(c.feedForwardWidth), vocabulary \(c.vocabularySize)"),
        Fact("context", c.contextLength, unit: " tokens"),
        Fact("chat_template", template),
        Fact(
          "scheme_bits_per_weight", title: "layers' bits per weight",
          "\(twoDecimals(scheme.effectiveBits(of: c))) under \(scheme)"),
        Fact("memory_of", "\(scheme), \(batch) sequences of \(length) tokens together"),
        Fact("memory_cache_bytes_per_token", c.cacheBytesPerToken(scheme.cache)),
      ] + MemoryFacts.facts(memory)
    case .failure(let error):
      return [Fact("chat_template", template), Fact("cannot_run", "\(error)")]
    }
  }

  private static func twoDecimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
