import Testing

@testable import LanguageModels
@testable import Tensors

/// The algorithms on layers of the real model, with inputs of prompts that nothing was calibrated on.
@Suite(.serialized) struct AlgorithmModelTests {
  /// A linear layer of the FP32 model and what it reads.
  struct Layer {
    let module: String
    let weights: [Float]
    let rows, columns: Int
    /// Σ, max and histogram over the calibration prompts.
    let statistics: InputStatistics
    /// Inputs of the prompts that it is judged by, a row a token.
    let inputs: [[Float]]

    var gram: GramMatrix { statistics.gram! }
    var values: AlignedBuffer<Float> { AlignedBuffer(weights) }

    /// Signal-to-quantization-noise ratio of the layer's output under a scheme, in dB.
    func sqnr(_ scheme: String, _ input: CalibratedInput = CalibratedInput()) throws -> Double {
      let pool = WorkerPool(threads: 2)
      let profile = try #require(KernelProfile(shapes: GEMMShape.blocks(rows: rows, columns: columns)))
      let site = LinearSite(
        module: module, columns: columns, stored: nil, isTied: true, model: try RealModel.shared().configuration)
      let linear = try Scheme(scheme).linear(
        site, values, rows: rows, columns: columns, input: input, profile: profile, pool: pool
      ).linear
      func outputs(_ linear: Linear) -> [Double] {
        let shape = profile.shape(tokens: inputs.count)
        let source = TokenTiles(features: columns, width: shape.width, capacity: shape.lanes)
        for (token, row) in inputs.enumerated() { source.setToken(token, to: AlignedBuffer(row)) }
        let prepared = LinearInput(features: columns, capacity: shape.lanes, profile: profile)
        prepared.prepare(
          source, rounding: linear.inputRounding, divisors: linear.inputDivisors, shape: shape,
          segments: [0..<inputs.count], pool: pool)
        let output = TokenTiles(features: rows, width: shape.width, capacity: shape.lanes)
        pool.multiply([(linear, output)], by: prepared)
        return inputs.indices.flatMap { output.token($0).map(Double.init) }
      }
      let exact = try Scheme("fp32").linear(
        site, values, rows: rows, columns: columns, input: nil, profile: profile, pool: pool
      ).linear
      return QuantizationError(approximate: outputs(linear), exact: outputs(exact)).sqnrDecibels
    }
  }

  /// Runs the model over prompts and gathers what some of its linear layers read.
  static func layers(_ names: [(layer: Int, module: String)]) throws -> [Layer] {
    let forward = try RealModelTests.forward()
    let prompts: [RealModelTests.GoldenPrompt] = try RealModelTests.lines("prompts.public.jsonl")
    func linear(_ name: (layer: Int, module: String)) -> Linear {
      let layer = forward.weights.layers[name.layer]
      switch name.module {
      case "attn_q": return layer.query
      case "attn_output": return layer.attentionOutput
      case "ffn_up": return layer.up
      default: return layer.down
      }
    }
    let linears = names.map(linear)
    var statistics = linears.map { InputStatistics(features: $0.columns, histogram: true, gram: true) }
    var inputs = linears.map { _ in [[Float]]() }
    // The first eight prompts calibrate, the last four judge.
    for (isCalibration, part) in [(true, prompts.prefix(8)), (false, prompts.suffix(4))] {
      for prompt in part {
        forward.stack.observer = { products, source, _, shape in
          for (index, linear) in linears.enumerated() where products.contains(where: { $0 === linear }) {
            if isCalibration {
              statistics[index].add(source, shape: shape, pool: forward.pool)
            } else {
              inputs[index] += (0..<shape.tokens).map { source.token($0) }
            }
          }
        }
        let sequence = TokenSequence(forward, capacity: prompt.token_ids.count)
        _ = forward.step([Segment(sequence: sequence, tokens: prompt.token_ids)])
      }
    }
    forward.stack.observer = nil
    let model = try RealModel.shared()
    return try names.enumerated().map { index, name in
      let module = "blk.\(name.layer).\(name.module)"
      let (rows, columns) = (linears[index].rows, linears[index].columns)
      let loader = try WeightLoader(
        model.file, configuration: model.configuration, scheme: .reference,
        profile: model.configuration.kernelProfile(), pool: forward.pool)
      let values = try loader.values(module, rows: rows, columns: columns)
      return Layer(
        module: module, weights: (0..<values.count).map { values[$0] }, rows: rows, columns: columns,
        statistics: statistics[index], inputs: Array(inputs[index].prefix(256)))
    }
  }

  @Test func `on an input with outliers SQNR orders per-tensor, SmoothQuant, per-token, LLM.int8()`() throws {
    let layer = try Self.layers([(29, "ffn_down")])[0]
    let channels = layer.statistics.absmax
    let typical = channels.sorted()[channels.count / 2]
    #expect(channels.max()! > 20 * typical, "the layer has an outlier channel")

    let factors = ChannelSmoothing.factors(
      activations: channels, weights: layer.values.columnMagnitudes(rows: layer.rows), alpha: 0.5)
    let smoothed = CalibratedInput(divisors: AlignedBuffer(factors))
    let perTensor = try layer.sqnr("int8:activations=per-tensor")
    let smooth = try layer.sqnr("int8:activations=per-tensor,smoothquant=0.5,smooth=all", smoothed)
    let perToken = try layer.sqnr("int8")
    let outliers = try layer.sqnr("int8:outliers=6.0")
    print(
      "blk.29.ffn_down: per-tensor \(perTensor), SmoothQuant \(smooth), per-token \(perToken), LLM.int8() \(outliers) dB"
    )
    #expect(perTensor < smooth && smooth < perToken && perToken < outliers)
    #expect(try layer.sqnr("int8:smoothquant=0.5,smooth=all", smoothed) > perToken, "smoothing helps per token too")
  }

  @Test func `on unseen prompts GPTQ and AWQ are nearer to FP32 than rounding to the nearest`() throws {
    let layers = try Self.layers([(0, "attn_q"), (15, "ffn_up"), (29, "ffn_down")])
    let pool = WorkerPool(threads: 2)
    for layer in layers {
      let hessian = try #require(InverseHessian(layer.gram, byMagnitude: false, damping: 0.01, pool: pool))
      let scaling = ActivationAwareScaling(
        magnitudes: layer.statistics.meanMagnitudes, gram: layer.gram, pool: pool)
      let integers = SymmetricInteger(bits: 4, scale: .group(32))
      let scales = scaling.search([(layer.values, layer.rows)]) {
        integers.roundTrip($0, rows: $1, columns: layer.columns, pool: pool)
      }
      let nearest = try layer.sqnr("int4")
      let gptq = try layer.sqnr("int4:rounding=gptq", CalibratedInput(hessian: hessian))
      let awq = try layer.sqnr("int4:awq=scales", CalibratedInput(awq: (scaling, scales.factors)))
      let clipped = try layer.sqnr("int4:awq=scales+clips", CalibratedInput(awq: (scaling, scales.factors)))
      print("\(layer.module): RTN \(nearest), GPTQ \(gptq), AWQ \(awq) (r \(scales.ratio)), with clips \(clipped) dB")
      #expect(gptq > nearest + 0.5)
      #expect(awq > nearest)
      #expect(clipped > nearest)
      #expect(scales.ratio > 0)
    }
  }

  @Test func `calibrated ranges of a real input lie inside its extremes, and the better ones lose less`() throws {
    let layer = try Self.layers([(15, "ffn_up")])[0]
    let absmax = layer.statistics.absmax.max()!
    var sqnr: [String: Double] = [:]
    for (name, range) in [
      ("min-max", Algorithms.Range.minMax), ("percentile", .percentile(99.99)), ("entropy", .entropy),
      ("mse", .meanSquaredError),
    ] {
      let bound = range.bound(layer.statistics)
      #expect(bound > 0 && bound <= absmax)
      sqnr[name] = try layer.sqnr(
        "int8:activations=static,calibrate=\(name)", CalibratedInput(scale: range.scale(layer.statistics)))
    }
    print("blk.15.ffn_up: static ranges \(sqnr) dB")
    #expect(sqnr["mse"]! >= sqnr["min-max"]! - 0.5)
    #expect(sqnr.values.allSatisfy { $0 > 15 })
  }
}
