package import Tensors

/// The numbers that fix a Llama-family transformer, read from a GGUF file.
package struct Configuration: Sendable, Hashable {
  package let vocabularySize: Int
  /// Features of the residual stream.
  package let width: Int
  package let layers: Int
  package let feedForwardWidth: Int
  package let heads: Int
  /// Key/value heads; each serves `heads / kvHeads` query heads.
  package let kvHeads: Int
  package let headSize: Int
  /// Longest sequence the model was made for.
  package let contextLength: Int
  package let normEpsilon: Float
  package let ropeBase: Float
  /// Factor on positions, for linear rope scaling; 1 without.
  package let ropeScale: Float

  /// One weight matrix of every shape that the model has.
  package var matrices: [(tensor: String, rows: Int, columns: Int)] {
    [
      ("blk.0.attn_q.weight", queryWidth, width), ("blk.0.attn_k.weight", kvWidth, width),
      ("blk.0.attn_output.weight", width, queryWidth), ("blk.0.ffn_up.weight", feedForwardWidth, width),
      ("blk.0.ffn_down.weight", width, feedForwardWidth), ("token_embd.weight", vocabularySize, width),
    ]
  }

  package var queryWidth: Int { heads * headSize }
  package var kvWidth: Int { kvHeads * headSize }
  /// Memory that one token of a sequence takes in the key/value cache.
  package func cacheBytesPerToken(_ format: CacheFormat) -> Int {
    layers * kvHeads * format.bytesPerToken(headSize: headSize)
  }
}

extension Configuration {
  /// Largest plausible value of any dimension; anything above is a broken or hostile file.
  private static let limit = 1 << 24

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
    guard let architecture = try metadata.string("general.architecture") else {
      throw ModelError.missingKey("general.architecture")
    }
    guard architecture == "llama" else { throw ModelError.unsupportedArchitecture(architecture) }

    func optional(_ key: String) throws -> Int? {
      guard let value = try metadata.unsignedInteger("llama.\(key)") else { return nil }
      guard value >= 1, value <= Self.limit else {
        throw ModelError.implausible(key: "llama.\(key)", value: "\(value)", expected: "1 to \(Self.limit)")
      }
      return value
    }
    func required(_ key: String) throws -> Int {
      guard let value = try optional(key) else { throw ModelError.missingKey("llama.\(key)") }
      return value
    }
    width = try required("embedding_length")
    layers = try required("block_count")
    feedForwardWidth = try required("feed_forward_length")
    heads = try required("attention.head_count")
    kvHeads = try optional("attention.head_count_kv") ?? heads
    contextLength = try required("context_length")
    headSize = try optional("attention.key_length") ?? (width / heads)
    let valueSize = try optional("attention.value_length") ?? headSize
    let rotated = try optional("rope.dimension_count") ?? headSize
    guard heads % kvHeads == 0 else {
      throw ModelError.implausible(
        key: "llama.attention.head_count_kv", value: "\(kvHeads)", expected: "a divisor of \(heads)")
    }
    guard headSize >= 2, headSize % 2 == 0, heads * headSize <= Self.limit else {
      throw ModelError.implausible(
        key: "llama.attention.key_length", value: "\(headSize)", expected: "an even head size for \(heads) heads")
    }
    for (key, size) in [("attention.value_length", valueSize), ("rope.dimension_count", rotated)]
    where size != headSize {
      throw ModelError.implausible(key: "llama.\(key)", value: "\(size)", expected: "the head size, \(headSize)")
    }
    vocabularySize = try metadata.strings("tokenizer.ggml.tokens")?.count ?? 0
    guard vocabularySize >= 1, vocabularySize <= Self.limit else {
      throw ModelError.missingKey("tokenizer.ggml.tokens")
    }
    normEpsilon = try metadata.float("llama.attention.layer_norm_rms_epsilon") ?? 1e-5
    ropeBase = try metadata.float("llama.rope.freq_base") ?? 10000
    guard normEpsilon >= 0, normEpsilon.isFinite else {
      throw ModelError.implausible(
        key: "llama.attention.layer_norm_rms_epsilon", value: "\(normEpsilon)", expected: "a number from 0")
    }
    guard ropeBase > 0, ropeBase.isFinite else {
      throw ModelError.implausible(key: "llama.rope.freq_base", value: "\(ropeBase)", expected: "a positive number")
    }
    ropeScale = try Self.ropeScale(metadata)
  }

  private static func ropeScale(_ metadata: GGUFMetadata) throws -> Float {
    let kind = try metadata.string("llama.rope.scaling.type") ?? "none"
    let old = try metadata.float("llama.rope.scale_linear")
    let factor = try metadata.float("llama.rope.scaling.factor") ?? old ?? 1
    switch kind {
    case "none" where old == nil: return 1
    case "none", "linear":
      guard factor > 0, factor.isFinite else {
        throw ModelError.implausible(
          key: "llama.rope.scaling.factor", value: "\(factor)", expected: "a positive number")
      }
      return 1 / factor
    default: throw ModelError.unsupported("rope scaling '\(kind)'", expected: "none or linear")
    }
  }
}
