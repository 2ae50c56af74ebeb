import Glibc
package import Tensors

/// The numbers that fix a transformer, read from a GGUF file or a `config.json`.
package struct Configuration: Sendable, Hashable {
  package let architecture: Architecture
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
  package internal(set) var contextLength: Int
  package let normEpsilon: Float

  /// How queries and keys turn, for each layer; empty where positions are learned.
  package internal(set) var ropes: [Rope] = []
  /// How many positions each layer's attention looks back, itself included; `nil` for all.
  package internal(set) var windows: [Int?]
  /// Factor on query · key.
  package internal(set) var attentionScale: Float
  /// Scores become cap · tanh(score / cap).
  package internal(set) var attentionSoftCap: Float?
  /// Logits become cap · tanh(logit / cap).
  package internal(set) var logitSoftCap: Float?
  /// Factor on token embeddings.
  package internal(set) var embeddingScale: Float = 1
  /// Whether attention and feed-forward read the same residual (GPT-NeoX).
  package internal(set) var isParallel = false
  /// Whether the output matrix is the token embedding; `nil`: when the files have no other.
  var isTied: Bool?
  /// What precedes the names of GPT-2's tensors in a folder.
  var tensorPrefix = ""

  /// Largest plausible value of any dimension; anything above is a broken or hostile file.
  static let limit = 1 << 24

  /// Largest plausible number of layers: lists of all of them stay small.
  static let layerLimit = 1 << 12

  /// Checks that the numbers fit together.
  /// - Throws: ``ModelError/implausible(key:value:expected:)``.
  init(
    architecture: Architecture, vocabularySize: Int, width: Int, layers: Int, feedForwardWidth: Int, heads: Int,
    kvHeads: Int, headSize: Int, contextLength: Int, normEpsilon: Float
  ) throws(ModelError) {
    for (name, value) in [
      ("vocabulary size", vocabularySize), ("width", width), ("number of layers", layers),
      ("feed-forward width", feedForwardWidth), ("number of heads", heads), ("number of key/value heads", kvHeads),
      ("context length", contextLength),
    ] where !(1...Self.limit).contains(value) {
      throw .implausible(key: name, value: "\(value)", expected: "1 to \(Self.limit)")
    }
    guard layers <= Self.layerLimit else {
      throw .implausible(key: "number of layers", value: "\(layers)", expected: "up to \(Self.layerLimit)")
    }
    guard heads % kvHeads == 0 else {
      throw .implausible(key: "number of key/value heads", value: "\(kvHeads)", expected: "a divisor of \(heads)")
    }
    guard headSize >= 2, headSize % 2 == 0, headSize <= Self.limit, heads * headSize <= Self.limit else {
      throw .implausible(key: "head size", value: "\(headSize)", expected: "an even head size for \(heads) heads")
    }
    guard normEpsilon >= 0, normEpsilon.isFinite else {
      throw .implausible(key: "epsilon of the norms", value: "\(normEpsilon)", expected: "a number from 0")
    }
    (self.architecture, self.vocabularySize, self.width) = (architecture, vocabularySize, width)
    (self.layers, self.feedForwardWidth, self.heads) = (layers, feedForwardWidth, heads)
    (self.kvHeads, self.headSize, self.contextLength) = (kvHeads, headSize, contextLength)
    self.normEpsilon = normEpsilon
    windows = [Int?](repeating: nil, count: layers)
    attentionScale = 1 / Float(headSize).squareRoot()
  }

  /// Features of a head that turn.
  var turnedWidth: Int { 2 * (ropes.first?.frequencies.count ?? 0) }

  /// One weight matrix of every shape that the model has.
  package var matrices: [(tensor: String, rows: Int, columns: Int)] {
    [
      ("blk.0.attn_q.weight", queryWidth, width), ("blk.0.attn_k.weight", kvWidth, width),
      ("blk.0.attn_output.weight", width, queryWidth), ("blk.0.ffn_up.weight", feedForwardWidth, width),
      ("blk.0.ffn_down.weight", width, feedForwardWidth), ("token_embd.weight", vocabularySize, width),
    ]
  }

  /// The names of all linear layers, in the order of the model.
  package var modules: [String] {
    (0..<layers).flatMap { layer in architecture.layerModules.map { "blk.\(layer).\($0)" } } + [Scheme.headName]
  }

  package var queryWidth: Int { heads * headSize }
  package var kvWidth: Int { kvHeads * headSize }
  /// Memory that one token of a sequence takes in the key/value cache.
  package func cacheBytesPerToken(_ format: CacheFormat) -> Int {
    layers * kvHeads * format.bytesPerToken(headSize: headSize)
  }

  static func checkPositive(_ value: Float, key: String) throws(ModelError) {
    guard value > 0, value.isFinite else {
      throw .implausible(key: key, value: "\(value)", expected: "a positive number")
    }
  }
}
