import Testing

@testable import LanguageModels
@testable import Tensors

/// Calibration on a tiny model.
@Suite struct CalibrationTests {
  static let prompts: [[TokenID]] = [[1, 5, 9, 33, 71, 2], [8], Array(0..<50), [44, 44, 3]]

  static func forward(_ scheme: String, threads: Int = 2, prompts: [[TokenID]] = prompts) throws -> Forward {
    let (file, scheme) = (try TinyTransformer().file(), try Scheme(scheme))
    let configuration = try Configuration(file)
    let (profile, pool) = (try configuration.kernelProfile(), WorkerPool(threads: threads))
    let weights = try Weights(
      file, configuration: configuration, scheme: scheme, calibration: CalibrationPrompts(prompts: prompts),
      profile: profile, pool: pool)
    return Forward(
      configuration: configuration, weights: weights, cacheFormat: .fp32, profile: profile, pool: pool)
  }

  static func logits(_ forward: Forward) -> [Float] {
    let tokens: [TokenID] = [3, 1, 4, 15, 92, 65, 35]
    var logits: [Float] = []
    let sequence = TokenSequence(forward, capacity: tokens.count)
    _ = forward.step([Segment(sequence: sequence, tokens: tokens, outputs: .all(targets: tokens))]) { tiles in
      logits = tokens.indices.flatMap { tiles.token($0) }
    }
    return logits
  }

  static let schemes = [
    "int8:activations=static", "int8:activations=static,calibrate=percentile", "int8:activations=static,calibrate=mse",
    "int8:activations=static,calibrate=entropy,smoothquant=0.5,smooth=all", "int8:smoothquant=0.5",
    "int8:smoothquant=0.8,smooth=all,rounding=gptq,activations=static", "int4:rounding=gptq",
    "int4:group=8,rounding=gptq,gptq-order=activations,prune=2:4", "int8:rounding=gptq", "int4:awq=scales",
    "int4:group=8,awq=scales+clips,prune=0.2", "int8:activations=none,rounding=gptq,skip=blk.0+ffn_up",
    "iq4_nl:imatrix=true", "q4_0:imatrix=true,prune=0.2",
  ]

  @Test(arguments: schemes) func `the same bits for every number of threads, near the reference`(scheme: String) throws
  {
    let ours = Self.logits(try Self.forward(scheme))
    #expect(ours == Self.logits(try Self.forward(scheme, threads: 1)))
    let error = QuantizationError(
      approximate: ours.map(Double.init), exact: Self.logits(try Self.forward("fp32")).map(Double.init))
    #expect(error.maxAbsolute > 0)
    // Half the weights of a random model are no small loss.
    let least = scheme.contains("2:4") ? -3.0 : scheme.contains("prune") ? 2 : scheme.contains("int4") ? 8 : 20
    #expect(error.sqnrDecibels > least, "\(error)")
  }

  /// With llama.cpp's bytes for rows and importances, which the tests of encoders hold.
  @Test(arguments: ["q4_0", "iq4_nl", "q4_k_m"])
  func `an importance matrix reaches the quantizer, and errors are smaller where it says`(format: String) throws {
    let (rows, columns) = (8, 256)
    var random = SplitMix64(state: 11)
    let importance = (0..<columns).map { Float($0 % 32 == 5 ? 1000 : 1) }
    let (weights, plain) = (AlignedBuffer<Float>(count: rows * columns), AlignedBuffer<Float>(count: rows * columns))
    for i in 0..<weights.count {
      weights[i] = Float.random(in: -1...1, using: &random)
      plain[i] = weights[i]
    }
    let exact = weights.copy()
    let block = try #require(try Scheme(format).format.ggufBase)
    let pool = WorkerPool(threads: 2)
    let bytes = try weights.encode(block, rows: rows, columns: columns, importance: importance, pool: pool)
    _ = try block.rounding.roundTrip(weights, rows: rows, columns: columns, importance: importance, pool: pool)
    _ = try block.rounding.roundTrip(plain, rows: rows, columns: columns, pool: pool)
    #expect(block.decode(bytes) == (0..<weights.count).map { weights[$0] })
    func error(_ values: AlignedBuffer<Float>) -> Float {
      (0..<values.count).reduce(0) { sum, i in
        let difference = values[i] - exact[i]
        return sum + importance[i % columns] * difference * difference
      }
    }
    #expect(error(weights) < error(plain))
  }

  @Test func `what a layer reads is what it reads in a whole step`() throws {
    let forward = try Self.forward("fp32")
    // Whole steps, one prompt each: magnitudes and tokens of each input, by the order of products.
    var expected: [[Float]] = []
    var tokens: [Int] = []
    for prompt in Self.prompts {
      var product = 0
      forward.stack.observer = { linears, source, _, shape in
        if product == expected.count {
          expected.append([Float](repeating: 0, count: source.features))
          tokens.append(0)
        }
        for token in 0..<shape.tokens {
          for (channel, value) in source.token(token).enumerated() {
            expected[product][channel] = max(expected[product][channel], abs(value))
          }
        }
        tokens[product] += shape.tokens
        product += 1
      }
      _ = forward.step([Segment(sequence: TokenSequence(forward, capacity: 64), tokens: prompt)])
    }
    forward.stack.observer = nil
    let pass = CalibrationPass(
      Self.prompts, embedding: forward.weights.embedding, stack: forward.stack)
    var inputs: [CalibrationPass.Input] = []
    for (index, layer) in forward.weights.layers.enumerated() {
      // Looking without advancing changes nothing.
      _ = pass.capture(layer, index, advances: false, statistics: { _ in nil })
      inputs += pass.capture(layer, index, advances: true) { linears in
        InputStatistics(features: linears[0].columns, histogram: true, gram: true)
      }
    }
    #expect(inputs.map(\.statistics.absmax) == expected)
    #expect(inputs.map(\.statistics.tokens) == tokens)
    #expect(inputs.map(\.isNormalized) == [true, false, true, false, true, false, true, false])
    for input in inputs {
      let statistics = input.statistics
      #expect(statistics.histogram?.counts.reduce(0, +) == statistics.tokens * statistics.features)
      for channel in 0..<statistics.features {
        let square = statistics.gram?[channel, channel] ?? 0
        #expect(abs(square - statistics.squares[channel]) <= 1e-5 * square)
      }
    }
  }

  @Test func `no prompts, too long ones and strange numbers are refused`() throws {
    #expect(throws: ModelError.needsCalibration(scheme: "int4:rounding=gptq")) {
      try Self.forward("int4:rounding=gptq", prompts: [])
    }
    #expect(throws: ModelError.self) {
      try Self.forward("int4:rounding=gptq", prompts: [Array(repeating: 1, count: 65)])
    }
    let configuration = try Configuration(TinyTransformer().file())
    #expect(throws: ModelError.self) {
      try CalibrationPrompts(prompts: Array(repeating: [1, 2], count: CalibrationPrompts.maximumTokens))
        .check(configuration, scheme: Scheme("int4:awq=scales"))
    }
  }

  @Test func `calibration can be interrupted between layers`() throws {
    let file = try TinyTransformer().file()
    let configuration = try Configuration(file)
    let (profile, pool) = (try configuration.kernelProfile(), WorkerPool(threads: 1))
    var layers = 0
    #expect(throws: ModelError.interrupted) {
      try Weights(
        file, configuration: configuration, scheme: Scheme("int8:smoothquant=0.5"),
        calibration: CalibrationPrompts(prompts: Self.prompts, progress: { layers = $0 }, isCancelled: { true }),
        profile: profile, pool: pool)
    }
    #expect(layers == 1)
  }

  @Test func `pruned weights stay zero whatever is done to the others`() throws {
    for scheme in ["int4:prune=2:4,rounding=gptq,group=8", "int4:prune=2:4,awq=scales,group=8", "int8:prune=2:4"] {
      let scheme = try Scheme(scheme)
      let (rows, columns) = (8, 24)
      let values = AlignedBuffer<Float>((0..<rows * columns).map { Float(($0 * 37) % 101) - 50 })
      let original = values.copy()
      var gram = GramMatrix(
        (0..<columns * columns).map { $0 % (columns + 1) == 0 ? 2.0 : 1.0 }, features: columns, tokens: 10)
      var input = CalibratedInput()
      let pool = WorkerPool(threads: 1)
      if scheme.algorithms.rounding != .nearest {
        input.hessian = InverseHessian(gram, byMagnitude: false, damping: 0.01, pool: pool)
      }
      if scheme.algorithms.activationAware != nil {
        gram = gram.divided(by: (0..<columns).map { Float($0 % 5 + 1) })
        let scaling = ActivationAwareScaling(magnitudes: (1...columns).map { Float($0) }, gram: gram, pool: pool)
        input.awq = (scaling, scaling.factors(ratio: 0.5))
      }
      let profile = try #require(
        KernelProfile(shapes: GEMMShape.blocks(rows: rows, columns: columns), allowsNative: false))
      let site = LinearSite(
        module: "blk.0.ffn_up", columns: columns, stored: nil, isTied: true,
        model: try Configuration(TinyTransformer().file()))
      let linear = try scheme.linear(
        site, values, rows: rows, columns: columns, input: input, profile: profile, pool: pool
      ).linear
      let weights = Self.weights(of: linear, profile, pool)
      let mask = Pruning.twoOfFour.apply(to: original, rows: rows, columns: columns, pool: pool)
      #expect((0..<mask.count).allSatisfy { mask[$0] == 1 || weights[$0] == 0 }, "\(scheme)")
      #expect((0..<mask.count).contains { weights[$0] != 0 })
    }
  }

  /// A layer's weights, row-major: its products with unit vectors.
  private static func weights(of linear: Linear, _ profile: KernelProfile, _ pool: WorkerPool) -> [Float] {
    let (rows, columns) = (linear.rows, linear.columns)
    let shape = profile.shape(tokens: columns)
    let units = TokenTiles(features: columns, width: shape.width, capacity: shape.lanes)
    for column in 0..<columns {
      units.setToken(column, to: AlignedBuffer<Float>((0..<columns).map { $0 == column ? 1 : 0 }))
    }
    let input = LinearInput(features: columns, capacity: shape.lanes, profile: profile)
    input.prepare(
      units, rounding: linear.inputRounding, shape: shape, segments: (0..<columns).map { $0..<$0 + 1 }, pool: pool)
    let output = TokenTiles(features: rows, width: shape.width, capacity: shape.lanes)
    pool.multiply([(linear, output)], by: input)
    return (0..<rows).flatMap { row in (0..<columns).map { output.token($0)[row] } }
  }
}
