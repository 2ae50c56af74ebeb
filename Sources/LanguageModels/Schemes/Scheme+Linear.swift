import Tensors

/// What calibration has found for the linear layers that share one input.
struct CalibratedInput {
  /// What the input's channels are divided by (SmoothQuant).
  var divisors: AlignedBuffer<Float>?
  /// The scale of static activations.
  var scale: Float?
  /// Factors of the weights' columns (AWQ).
  var awq: (scaling: ActivationAwareScaling, factors: [Float])?
  /// How rounding errors are made up for (GPTQ).
  var hessian: InverseHessian?
  /// The mean square of each input (importance matrix).
  var importance: [Float]?
}

extension Scheme {
  /// Makes a linear layer, using up the FP32 values.
  ///
  /// - Parameter input: what calibration found; needed where ``Algorithms/needsCalibration`` and the layer is quantized.
  /// - Throws: where a block format cannot hold the values.
  func linear(
    _ site: LinearSite, _ values: AlignedBuffer<Float>, rows: Int, columns: Int, input: CalibratedInput?,
    profile: KernelProfile, pool: WorkerPool
  ) throws(BlockEncodingError) -> FormedLinear {
    let module = site.module
    let mask = isPruned(module) ? algorithms.pruning?.apply(to: values, rows: rows, columns: columns, pool: pool) : nil
    func linear(
      _ rounding: InputRounding, rowScales: [Float]? = nil, outliers: OutlierColumns? = nil, overflows: Int = 0
    ) -> FormedLinear {
      FormedLinear(
        linear: Linear(
          rows: rows, columns: columns, values: values, rowScales: rowScales, inputRounding: rounding,
          inputDivisors: input?.divisors, outliers: outliers, profile: profile, pool: pool), overflows: overflows)
    }
    switch form(for: site) {
    case .weightOnly(let integers):
      if let awq = input?.awq {
        awq.scaling.scale(values, by: awq.factors, rows: rows)
        if clips(module), case .group(let size) = weights {
          awq.scaling.clip(values, rows: rows, factors: awq.factors, group: size, integers: integers)
        }
        integers.roundTrip(values, rows: rows, columns: columns, pool: pool)
        awq.scaling.unscale(values, by: awq.factors, rows: rows)
      } else if let hessian = input?.hessian {
        let scales = GPTQ(integers: integers, hessian: hessian)
          .quantize(values, rows: rows, columns: columns, mask: mask, pool: pool)
        integers.dequantize(values, scales: scales, rows: rows, columns: columns, pool: pool)
      } else {
        integers.roundTrip(values, rows: rows, columns: columns, pool: pool)
      }
      return linear(.none)
    case .integer(let integers, var scale):
      if let divisors = input?.divisors { values.multiplyColumns(by: divisors, rows: rows, pool: pool) }
      if let known = input?.scale { scale = .fixed(known) }
      var outliers: OutlierColumns?
      if case .perTokenWithout = scale {
        outliers = OutlierColumns(values, rows: rows, columns: columns, pool: pool)
      }
      let rowScales =
        if let hessian = input?.hessian {
          GPTQ(integers: integers, hessian: hessian)
            .quantize(values, rows: rows, columns: columns, mask: mask, pool: pool)
        } else {
          integers.quantize(values, rows: rows, columns: columns, pool: pool)
        }
      return linear(.int8(scale), rowScales: rowScales, outliers: outliers)
    case .rounded(let rounding, let inputs):
      if let awq = input?.awq { awq.scaling.scale(values, by: awq.factors, rows: rows) }
      let overflows = try rounding.roundTrip(
        values, rows: rows, columns: columns, importance: input?.importance, pool: pool)
      if let awq = input?.awq { awq.scaling.unscale(values, by: awq.factors, rows: rows) }
      return linear(inputs, overflows: overflows)
    case .half(let format):
      let overflows = values.round(to: format)
      return linear(format == .fp16 ? .fp16 : .bf16, overflows: overflows)
    case .fp32:
      return linear(.none)
    }
  }

  /// Whether a module's form is computed from integers, so that calibration has something to say.
  func isCalibrated(_ site: LinearSite) -> Bool {
    switch form(for: site) {
    case .weightOnly, .integer, .rounded: algorithms.needsCalibration
    default: false
    }
  }

  /// The output matrix is kept, as in the papers on pruning.
  private func isPruned(_ module: String) -> Bool {
    module != Self.headName && !skips(module)
  }

  /// AWQ's authors leave the ranges of queries and keys alone: their errors meet in a product.
  private func clips(_ module: String) -> Bool {
    algorithms.activationAware == .scalesAndClips && !module.hasSuffix("attn_q") && !module.hasSuffix("attn_k")
  }
}
