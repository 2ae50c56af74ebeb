import Tensors

extension Algorithms {
  static let defaultPercentile = 99.99
  static let defaultDamping = 0.01

  /// The options of a format, in canonical order.
  static func options(of format: Scheme.Format) -> [String] {
    switch format {
    case .int8:
      [
        "calibrate", "percentile", "smoothquant", "smooth", "outliers", "rounding", "gptq-order", "gptq-damping", "awq",
        "prune",
      ]
    case .int4: ["rounding", "gptq-order", "gptq-damping", "awq", "prune"]
    default: format.ggufBase == nil ? ["prune"] : ["imatrix", "prune"]
    }
  }

  /// Reads the options that are there; `activations` as the scheme has them.
  init(
    _ options: [String: String], weights: WeightScale, activations: Scheme.Activations, isSymmetric: Bool
  ) throws(SchemeError) {
    pruning = try Self.pruning(options["prune"])
    smoothing = try Self.smoothing(options)
    rounding = try Self.rounding(options)
    activationAware = try Self.choice("awq", options, ActivationAware.self)
    outliers = try Self.number("outliers", options, in: 0.001...1_000_000, example: "6.0")
    range = try Self.range(options, activations: activations)
    weighsInputs = try Self.boolean("imatrix", options)
    if let conflict = conflict(weights: weights, activations: activations, isSymmetric: isSymmetric) {
      throw .conflict(conflict)
    }
  }

  /// Why these algorithms cannot be combined, in one sentence.
  private func conflict(weights: WeightScale, activations: Scheme.Activations, isSymmetric: Bool) -> String? {
    let needsSymmetry =
      smoothing != nil || outliers != nil || range != nil || rounding != .nearest
      || activationAware == .scalesAndClips
    if !isSymmetric, needsSymmetry {
      return "'symmetric=false' goes with 'awq=scales' and 'prune', but with no other algorithm"
    }
    if activationAware == .scalesAndClips {
      guard case .group = weights else { return "'awq=scales+clips' clips groups of weights and needs 'group'" }
    }
    if smoothing != nil, activations == .none {
      return "'smoothquant' needs integer activations; with weights only, 'awq' scales channels"
    }
    if outliers != nil, activations != .perToken {
      return "'outliers' needs 'activations=per-token': LLM.int8() scales each token by what is no outlier"
    }
    if outliers != nil, smoothing != nil {
      return "'outliers' and 'smoothquant' are two cures for the same channels; choose one"
    }
    if activationAware != nil, activations != .none {
      return "'awq' is for weights only and needs 'activations=none'; for integer activations there is 'smoothquant'"
    }
    if activationAware != nil, rounding != .nearest {
      return "'awq' and 'rounding=gptq' both choose the weights; choose one"
    }
    return nil
  }

  private static func pruning(_ value: String?) throws(SchemeError) -> Pruning? {
    guard let value else { return nil }
    if value == "2:4" { return .twoOfFour }
    guard let share = decimal(value), share > 0, share < 1 else {
      throw .unknownValue(value, option: "prune", expected: ["a share between 0 and 1, such as 0.5", "2:4"])
    }
    return .share(share)
  }

  private static func smoothing(_ options: [String: String]) throws(SchemeError) -> Smoothing? {
    let layers = try choice("smooth", options, Smoothing.Layers.self)
    guard let alpha = try number("smoothquant", options, in: 0...1, example: "0.5") else {
      if layers != nil { throw .conflict("'smooth' says which layers 'smoothquant' smooths, and needs it") }
      return nil
    }
    return Smoothing(alpha: alpha, layers: layers ?? .norm)
  }

  private static func rounding(_ options: [String: String]) throws(SchemeError) -> Rounding {
    let order = try choice("gptq-order", options, Rounding.Order.self)
    let damping = try number("gptq-damping", options, in: 0.0001...1, example: "0.01")
    switch options["rounding"] {
    case "gptq": return .gptq(order: order ?? .columns, damping: damping ?? defaultDamping)
    case nil, "rtn":
      if order != nil || damping != nil {
        throw .conflict("'gptq-order' and 'gptq-damping' need 'rounding=gptq'")
      }
      return .nearest
    case let value?: throw .unknownValue(value, option: "rounding", expected: ["rtn", "gptq"])
    }
  }

  private static func range(_ options: [String: String], activations: Scheme.Activations) throws(SchemeError) -> Range?
  {
    guard activations == .static else {
      for option in ["calibrate", "percentile"] where options[option] != nil {
        throw .conflict("'\(option)' needs 'activations=static': other ranges come from the values at hand")
      }
      return nil
    }
    let percentile = try number("percentile", options, in: 50...100, example: "99.99")
    let method = options["calibrate"] ?? "min-max"
    if percentile != nil, method != "percentile" { throw .conflict("'percentile' needs 'calibrate=percentile'") }
    switch method {
    case "min-max": return .minMax
    case "percentile": return .percentile(percentile ?? defaultPercentile)
    case "entropy": return .entropy
    case "mse": return .meanSquaredError
    default:
      throw .unknownValue(method, option: "calibrate", expected: ["min-max", "percentile", "entropy", "mse"])
    }
  }

  private static func boolean(_ option: String, _ options: [String: String]) throws(SchemeError) -> Bool {
    switch options[option] {
    case nil, "false": return false
    case "true": return true
    case let value?: throw .unknownValue(value, option: option, expected: ["true", "false"])
    }
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ options: [String: String], _: Value.Type
  ) throws(SchemeError) -> Value? {
    guard let text = options[option] else { return nil }
    guard let value = Value(rawValue: text) else {
      throw .unknownValue(text, option: option, expected: Value.allCases.map(\.rawValue))
    }
    return value
  }

  private static func number(
    _ option: String, _ options: [String: String], in range: ClosedRange<Double>, example: String
  ) throws(SchemeError) -> Double? {
    guard let text = options[option] else { return nil }
    guard let value = decimal(text), range.contains(value) else {
      throw .unknownValue(
        text, option: option, expected: ["a number from \(range.lowerBound) to \(range.upperBound), such as \(example)"]
      )
    }
    return value
  }

  /// Digits with at most one point; no signs, exponents or words.
  private static func decimal(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }), text.first != ".", text.last != "." else {
      return nil
    }
    return Double(text)
  }
}

extension Algorithms {
  /// The options that differ from the defaults, in canonical order.
  var printedOptions: [String] {
    var printed: [String] = []
    switch range {
    case nil, .minMax: break
    case .percentile(let value):
      printed.append("calibrate=percentile")
      if value != Self.defaultPercentile { printed.append("percentile=\(value)") }
    case .entropy: printed.append("calibrate=entropy")
    case .meanSquaredError: printed.append("calibrate=mse")
    }
    if let smoothing {
      printed.append("smoothquant=\(smoothing.alpha)")
      if smoothing.layers != .norm { printed.append("smooth=\(smoothing.layers.rawValue)") }
    }
    if let outliers { printed.append("outliers=\(outliers)") }
    if case .gptq(let order, let damping) = rounding {
      printed.append("rounding=gptq")
      if order != .columns { printed.append("gptq-order=\(order.rawValue)") }
      if damping != Self.defaultDamping { printed.append("gptq-damping=\(damping)") }
    }
    if let activationAware { printed.append("awq=\(activationAware.rawValue)") }
    if weighsInputs { printed.append("imatrix=true") }
    switch pruning {
    case nil: break
    case .share(let share): printed.append("prune=\(share)")
    case .twoOfFour: printed.append("prune=2:4")
    }
    return printed
  }

  /// What each option does, for `--list-schemes`, in canonical order.
  static func help(for format: Scheme.Format) -> [String] {
    options(of: format).map { option in
      switch option {
      case "calibrate":
        "calibrate=min-max|percentile|entropy|mse (with activations=static: one range for each layer's input, measured "
          + "on --calibration prompts; min-max unless told otherwise)"
      case "percentile": "percentile=99.99 (share of magnitudes inside the range, with calibrate=percentile)"
      case "smoothquant":
        "smoothquant=0.5 (Xiao et al. 2023: channel j of an input is divided by max|x_j|^a / max|w_j|^(1-a), and the "
          + "weights multiplied; needs --calibration)"
      case "smooth": "smooth=norm|all (which inputs smoothquant smooths: those after a norm, as its authors do, or all)"
      case "outliers":
        "outliers=6.0 (LLM.int8(), Dettmers et al. 2022: inputs of this magnitude or more are multiplied in FP16; "
          + "decided token by token)"
      case "rounding":
        "rounding=rtn|gptq (to the nearest integer, or Frantar et al. 2022: each column's error is made up for in the "
          + "columns after it, layer by layer; needs --calibration)"
      case "gptq-order": "gptq-order=columns|activations (with activations: act-order, groups keep their first scales)"
      case "gptq-damping": "gptq-damping=0.01 (share of the mean diagonal that is added to the Hessian)"
      case "awq":
        "awq=scales|scales+clips (Lin et al. 2023, weights only: channels scaled by mean|x_j|^r, r of the 20 that "
          + "gives the smallest output error, and ranges clipped; needs --calibration)"
      case "imatrix":
        "imatrix=true|false (llama.cpp's importance matrix of the layers: errors weighed by the mean square of each input "
          + "over --calibration prompts)"
      case "prune":
        "prune=0.5|2:4 (smallest magnitudes of each matrix set to zero, or two of each four inputs; lm_head is kept)"
      default: preconditionFailure("option without help: \(option)")
      }
    }
  }
}
