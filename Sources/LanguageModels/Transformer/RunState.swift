import Tensors

/// The activation buffers of one step, reused from step to step.
final class RunState {
  let capacity: Int  // lanes of all tiles together
  let residual: TokenTiles  // [d]
  let normalized: TokenTiles  // [d]
  let query: TokenTiles  // [q]
  let key: TokenTiles  // [k]
  let value: TokenTiles  // [k]
  let attention: TokenTiles  // [q]
  let gate: TokenTiles  // [f]
  let up: TokenTiles  // [f]
  let update: TokenTiles  // [d]
  let selected: TokenTiles  // [d], the tokens whose logits are wanted
  let rotary: RotaryEmbedding
  let embedding: AlignedBuffer<Float>  // [d]
  private var inputs: [Int: LinearInput] = [:]
  private let profile: KernelProfile
  private var shape: TileShape?

  init(_ c: Configuration, ropeDivisors: [Float]?, profile: KernelProfile, capacity: Int) {
    self.capacity = capacity
    self.profile = profile
    func make(_ features: Int) -> TokenTiles { TokenTiles(features: features, width: 16, capacity: capacity) }
    residual = make(c.width)
    normalized = make(c.width)
    query = make(c.queryWidth)
    key = make(c.kvWidth)
    value = make(c.kvWidth)
    attention = make(c.queryWidth)
    gate = make(c.feedForwardWidth)
    up = make(c.feedForwardWidth)
    update = make(c.width)
    selected = make(c.width)
    rotary = RotaryEmbedding(
      headSize: c.headSize, base: c.ropeBase, divisors: ropeDivisors, scale: c.ropeScale, capacity: capacity)
    embedding = AlignedBuffer(count: c.width)
  }

  /// Memory of the buffers for so many lanes, inputs of linear layers included.
  static func byteCount(_ c: Configuration, lanes: Int) -> Int {
    let tiles = 4 * c.width + 2 * c.queryWidth + 2 * c.kvWidth + 2 * c.feedForwardWidth
    let rounded = Set([c.width, c.queryWidth, c.feedForwardWidth]).reduce(0, +)
    return lanes * (4 * (tiles + rounded + c.headSize) + rounded)
  }

  /// Cuts all buffers into the tiles of the next step. Lanes without a token begin as zeros; whatever they
  /// hold later reaches no other lane.
  func reshape(_ shape: TileShape) {
    normalized.reshape(width: shape.width)
    guard shape != self.shape else { return }
    self.shape = shape
    for tiles in [residual, query, key, value, attention, gate, up, update] {
      tiles.reshape(width: shape.width)
      tiles.clearLanes(after: shape)
    }
  }

  /// The scratch that holds rounded inputs of so many features.
  func input(features: Int) -> LinearInput {
    if let input = inputs[features] { return input }
    let input = LinearInput(features: features, capacity: capacity, profile: profile)
    inputs[features] = input
    return input
  }

  /// Finite activations that became infinite in a 16-bit format.
  var overflows: Int { inputs.values.reduce(0) { $0 + $1.overflows } }
}
