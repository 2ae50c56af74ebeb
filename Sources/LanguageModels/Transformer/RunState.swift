import Tensors

/// The activation buffers of one step, reused from step to step.
final class RunState {
  let width: Int  // lanes per tile
  let tiles: Int
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

  init(_ c: Configuration, ropeDivisors: [Float]?, width: Int, tiles: Int) {
    self.width = width
    self.tiles = tiles
    func make(_ features: Int) -> TokenTiles { TokenTiles(features: features, width: width, capacity: tiles) }
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
      headSize: c.headSize, base: c.ropeBase, divisors: ropeDivisors, scale: c.ropeScale, width: width,
      capacity: tiles)
    embedding = AlignedBuffer(count: c.width)
  }

  /// The scratch that holds rounded inputs of so many features.
  func input(features: Int) -> LinearInput {
    if let input = inputs[features] { return input }
    let input = LinearInput(features: features, width: width, capacity: tiles)
    inputs[features] = input
    return input
  }

  /// Finite activations that became infinite in a 16-bit format.
  var overflows: Int { inputs.values.reduce(0) { $0 + $1.overflows } }
}
