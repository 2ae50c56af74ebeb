import LanguageModels

/// What `assay inspect` says of a model file.
struct ModelFacts {
  let facts: [Fact]

  init(path: String) throws {
    let file: GGUFFile
    do {
      file = try GGUFFile(path: path)
    } catch {
      throw AssayError("\(error)")
    }
    let census = TensorCensus(file)
    let metadata = file.metadata
    func text(_ key: String) -> String? { (try? metadata.string(key)).flatMap { $0 } }
    var facts = [
      Fact("kind", "model (GGUF version \(file.version))"),
      Fact("name", text("general.name") ?? "unnamed"),
      Fact("architecture", text("general.architecture") ?? "unknown"),
      Fact("parameters", census.elements),
      Fact("tensors", file.tensors.count),
      Fact("file_bytes", file.byteCount),
    ]
    for entry in census.entries {
      let bytes = entry.bytes.map { ", \($0) bytes" } ?? ""
      facts.append(
        Fact(
          "tensors_\(entry.type)", title: "tensors \(entry.type)",
          "\(entry.tensors) with \(entry.elements) elements\(bytes)"))
    }
    if let bits = census.bitsPerWeight {
      facts.append(Fact("bits_per_weight", Self.twoDecimals(bits)))
    }
    facts.append(Fact("label", TensorCensus.label(file) ?? "none"))
    if let warning = census.labelWarning { facts.append(Fact("warning", warning)) }
    facts.append(
      Fact(
        "tokenizer", "\(text("tokenizer.ggml.model") ?? "none") \(text("tokenizer.ggml.pre") ?? "")"
      ))
    facts += Self.runnable(file)
    self.facts = facts
  }

  /// What it takes to run the model, or why it cannot be run.
  private static func runnable(_ file: GGUFFile) -> [Fact] {
    let template: String
    do {
      template = try ChatTemplate(file).kind.rawValue
    } catch {
      template = "\(error)"
    }
    do {
      let c = try Configuration(file)
      let weights = file.tensors.reduce(0) { $0 + $1.elementCount } * 4
      return [
        Fact(
          "shape",
          "\(c.layers) layers, width \(c.width), \(c.heads) heads (\(c.kvHeads) key/value), "
            + "feed-forward \(c.feedForwardWidth), vocabulary \(c.vocabularySize)"),
        Fact("context", c.contextLength, unit: " tokens"),
        Fact("chat_template", template),
        Fact("memory_weights_fp32_bytes", weights),
        Fact("memory_cache_bytes_per_token", c.cacheBytesPerToken),
      ]
    } catch {
      return [Fact("chat_template", template), Fact("cannot_run", "\(error)")]
    }
  }

  private static func twoDecimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
