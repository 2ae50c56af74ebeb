import LanguageModels

/// What a job needs of memory, for people before it starts.
enum MemoryFacts {
  static func facts(_ estimate: MemoryEstimate) -> [Fact] {
    [
      Fact("memory_weights_bytes", title: "memory: weights", bytes: estimate.weights),
      Fact("memory_cache_bytes", title: "memory: keys and values", bytes: estimate.cache),
      Fact("memory_activations_bytes", title: "memory: activations", bytes: estimate.activations),
      Fact("memory_peak_bytes", title: "memory: peak", bytes: estimate.total),
    ]
  }

  /// Refuses what the machine cannot hold, before it is loaded.
  /// - Parameter job: what needs the memory, as in `model.gguf under int8`.
  static func check(_ estimate: MemoryEstimate, job: String, available: Int? = AvailableMemory.bytes) throws {
    let floor = estimate.total - estimate.cache
    let remedy =
      floor > available ?? .max
      ? "a smaller scheme such as int8 holds less; 'assay perplexity --stream-layers' needs one layer at a time"
      : "a smaller --batch or kv=int8 in the scheme needs less"
    try check(estimate.total, job: job, remedy: remedy, available: available)
  }

  /// - Parameter remedy: what needs less, as a clause.
  static func check(_ needed: Int, job: String, remedy: String, available: Int? = AvailableMemory.bytes) throws {
    guard let available, needed > available else { return }
    throw AssayError(
      "\(job) needs about \(megabytes(needed)) MB of memory, but \(megabytes(available)) MB are available; \(remedy)")
  }

  static func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
}
