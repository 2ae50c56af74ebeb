import Analysis
import LanguageModels

extension Session {
  /// The memory that answering all prompts under a scheme takes.
  func memory(_ scheme: Scheme) -> MemoryEstimate {
    MemoryEstimate(
      model.configuration, scheme: scheme, calibration: calibrationTokens.map(\.count), requests: requests,
      batch: settings.batch, cacheBytes: Self.cacheBytes)
  }

  /// Refuses a scheme that this machine has no memory for.
  func checkMemory(_ scheme: Scheme) throws {
    try MemoryFacts.check(memory(scheme), job: "\(path) under \(scheme)")
  }

  /// The memory of comparing logits: the reference beside itself, disturbed, and then beside each submission.
  func logitMemory(_ schemes: [Scheme], reference: Scheme) -> Int {
    let tokens = requests.reduce(0) { $0 + min($1.maxTokens, model.configuration.contextLength) }
    let answers = tokens * model.configuration.width * MemoryLayout<Float>.size
    let beside = ([reference] + schemes).map { memory($0).total }.max() ?? 0
    return memory(reference).weights + min(answers, TraceMaker.keptBytes) + beside
  }

  /// Refuses logits of two models that this machine has no memory for.
  func checkLogitMemory(_ schemes: [Scheme], reference: Scheme) throws {
    try MemoryFacts.check(
      logitMemory(schemes, reference: reference), job: "\(path): comparing logits", remedy: "--no-logits needs less")
  }

  /// What will be done, for `--dry-run`.
  /// - Parameter reference: the reference whose logits will be compared, if any.
  func plan(_ schemes: [Scheme], output: String, logitsOf reference: Scheme? = nil) -> [Fact] {
    let lengths = requests.map(\.prompt.count)
    var facts = [
      Fact("model", path), Fact("prompts", prompts.prompts.count),
      Fact("prompt_tokens", lengths.reduce(0, +)), Fact("longest_prompt", lengths.max() ?? 0, unit: " tokens"),
      Fact("max_tokens", settings.maxTokens), Fact("batch", settings.batch), Fact("threads", settings.threads),
      Fact("output", output),
    ]
    for scheme in schemes {
      let estimate = memory(scheme)
      facts += [
        Fact("memory_weights_bytes_\(scheme)", title: "\(scheme): weights", bytes: estimate.weights),
        Fact("memory_cache_bytes_\(scheme)", title: "\(scheme): keys and values", bytes: estimate.cache),
        Fact("memory_peak_bytes_\(scheme)", title: "\(scheme): peak memory", bytes: estimate.total),
      ]
    }
    if let reference {
      let bytes = logitMemory(schemes, reference: reference)
      facts.append(Fact("memory_peak_bytes_logits", title: "logits: peak memory", bytes: bytes))
    }
    if let available = AvailableMemory.bytes {
      facts.append(Fact("memory_available_bytes", title: "available memory", bytes: available))
    }
    return facts
  }
}
