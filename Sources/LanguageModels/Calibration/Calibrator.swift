import Tensors

/// Makes the layers of a scheme that learns from calibration prompts, one after the other.
///
/// A layer is first run in FP32 to see its inputs. GPTQ takes the layers in sequence, as its authors do: the inputs of a layer
/// come from the quantized layers before it, and within a layer from its FP32 form. Everything else sees FP32 inputs only.
/// Memory beyond the model's own: the residual streams, one FP32 layer, and `8 · features²` bytes for each input of a
/// layer whose Hessian is needed.
struct Calibrator {
  private let loader: WeightLoader
  private let plainLoader: WeightLoader
  private let pass: CalibrationPass
  private let prompts: CalibrationPrompts
  private let pool: WorkerPool

  /// - Parameters:
  ///   - loader: makes layers under the scheme; `plainLoader` the same in FP32.
  init(
    loader: WeightLoader, plainLoader: WeightLoader, prompts: CalibrationPrompts, profile: KernelProfile,
    pool: WorkerPool
  ) throws(ModelError) {
    try prompts.check(loader.configuration, scheme: loader.scheme)
    self.loader = loader
    self.plainLoader = plainLoader
    self.prompts = prompts
    self.pool = pool
    pass = CalibrationPass(
      prompts.prompts, embedding: try plainLoader.embedding(),
      stack: LayerStack(
        configuration: loader.configuration, ropeDivisors: try plainLoader.ropeDivisors(), profile: profile, pool: pool)
    )
  }

  private var scheme: Scheme { loader.scheme }
  private var algorithms: Algorithms { scheme.algorithms }
  private var isSequential: Bool { algorithms.rounding != .nearest }

  /// All layers in order.
  /// - Throws: ``ModelError``.
  func layers() throws(ModelError) -> [Weights.Layer] {
    var layers: [Weights.Layer] = []
    for index in 0..<loader.configuration.layers {
      layers.append(try layer(index))
      prompts.progress(index + 1)
      if prompts.isCancelled() { throw .interrupted }
    }
    return layers
  }

  private func layer(_ index: Int) throws(ModelError) -> Weights.Layer {
    var modules: [ObjectIdentifier: Module] = [:]
    let plain = try plainLoader.layer(index) { name, linear in
      modules[ObjectIdentifier(linear)] = Module(name: name, rows: linear.rows, columns: linear.columns)
    }
    func calibrated(_ linears: [Linear]) -> [Module] {
      linears.compactMap { modules[ObjectIdentifier($0)] }
        .filter { scheme.isCalibrated(loader.site($0.name, columns: $0.columns)) }
    }
    // Ranges of smoothed inputs are known only after the factors, from a second look.
    let looksTwice = algorithms.smoothing != nil && algorithms.range?.needsHistogram == true
    let needsGram = algorithms.rounding != .nearest || algorithms.activationAware != nil
    let inputs = pass.capture(
      plain, index, advances: !looksTwice && !isSequential,
      statistics: { linears in
        calibrated(linears).first.map { module in
          InputStatistics(
            features: module.columns, histogram: !looksTwice && algorithms.range?.needsHistogram == true,
            gram: needsGram)
        }
      })
    var found: [String: CalibratedInput] = [:]
    var factors: [ObjectIdentifier: [Float]] = [:]
    for input in inputs {
      let modules = calibrated(input.linears)
      let result = try calibrate(input, modules: modules)
      if let divisors = result.divisors, let first = input.linears.first {
        factors[ObjectIdentifier(first)] = (0..<divisors.count).map { divisors[$0] }
      }
      for module in modules { found[module.name] = result }
    }
    if looksTwice, let range = algorithms.range {
      let smoothed = pass.capture(
        plain, index, advances: !isSequential,
        statistics: { linears in
          calibrated(linears).first.map { InputStatistics(features: $0.columns, histogram: true, gram: false) }
        },
        divisors: { factors[ObjectIdentifier($0)] })
      for input in smoothed {
        for module in calibrated(input.linears) { found[module.name]?.scale = range.scale(input.statistics) }
      }
    }
    let layer = try loader.layer(index, inputs: found)
    if isSequential { pass.run(layer, index) }
    return layer
  }

  private struct Module {
    let name: String
    let rows: Int
    let columns: Int
  }

  /// What the layers that share an input need to know about it.
  private func calibrate(_ input: CalibrationPass.Input, modules: [Module]) throws(ModelError) -> CalibratedInput {
    let statistics = input.statistics
    guard statistics.isFinite else { throw .nonFiniteCalibration(module: modules[0].name) }
    var result = CalibratedInput()
    if algorithms.weighsInputs { result.importance = statistics.meanSquares }
    var divisors: [Float]?
    if let smoothing = algorithms.smoothing, input.isNormalized || smoothing.layers == .all {
      var largest = [Float](repeating: 0, count: statistics.features)
      for module in modules {
        let weights = try prunedValues(module).columnMagnitudes(rows: module.rows)
        for (channel, magnitude) in weights.enumerated() { largest[channel] = max(largest[channel], magnitude) }
      }
      let factors = ChannelSmoothing.factors(
        activations: statistics.absmax, weights: largest, alpha: smoothing.alpha)
      divisors = factors
      result.divisors = AlignedBuffer(factors)
    }
    if let range = algorithms.range {
      result.scale = range.scale(divisors.map { statistics.divided(by: $0) } ?? statistics)
    }
    if case .gptq(let order, let damping) = algorithms.rounding, let gram = statistics.gram {
      guard
        let hessian = InverseHessian(
          divisors.map { gram.divided(by: $0) } ?? gram, byMagnitude: order == .activations, damping: damping,
          pool: pool)
      else { throw .nonFiniteCalibration(module: modules[0].name) }
      result.hessian = hessian
    }
    if algorithms.activationAware != nil, let gram = statistics.gram, let roundTrip = roundTrip(modules[0]) {
      let scaling = ActivationAwareScaling(magnitudes: statistics.meanMagnitudes, gram: gram, pool: pool)
      var layers: [(values: AlignedBuffer<Float>, rows: Int)] = []
      for module in modules { layers.append((try prunedValues(module), module.rows)) }
      result.awq = (scaling, scaling.search(layers, roundTrip: roundTrip).factors)
    }
    return result
  }

  /// A module's weights as its algorithms see them.
  private func prunedValues(_ module: Module) throws(ModelError) -> AlignedBuffer<Float> {
    let values = try loader.values(module.name, rows: module.rows, columns: module.columns)
    _ = algorithms.pruning?.apply(to: values, rows: module.rows, columns: module.columns, pool: pool)
    return values
  }

  private func roundTrip(_ module: Module) -> ActivationAwareScaling.RoundTrip? {
    let (pool, columns) = (pool, module.columns)
    switch scheme.form(for: loader.site(module.name, columns: columns)) {
    case .weightOnly(let integers):
      return { values, rows in integers.roundTrip(values, rows: rows, columns: columns, pool: pool) }
    case .rounded(.asymmetric(let integers), _):
      return { values, rows in integers.roundTrip(values, rows: rows, columns: columns, pool: pool) }
    default: return nil
    }
  }
}
