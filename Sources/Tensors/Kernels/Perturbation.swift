/// Seeded relative noise.
extension WorkerPool {
  /// x ← x · (1 + relative · e), e uniform in [-1, 1) from SplitMix64; a token's errors depend on its own seed alone.
  package func perturb(_ x: TokenTiles, shape: TileShape, relative: Float, seeds: [UInt64]) {
    precondition(seeds.count == shape.tokens, "one seed a token")
    run(seeds.count) { token in
      let lane = x.lane(token)
      var state = seeds[token]
      for feature in 0..<x.features {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        let uniform = Float(z >> 40) * 0x1p-23 - 1
        lane[feature * x.width] *= 1 + relative * uniform
      }
    }
  }
}
