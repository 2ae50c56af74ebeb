import Tensors

/// Why a scheme string was refused.
package enum SchemeError: Error, Hashable {
  case unknownFormat(String)
  case unknownOption(String, format: String, known: [String])
  case missingValue(option: String)
  case repeatedOption(String)
  case unknownValue(String, option: String, expected: [String])
  case conflict(String)
}

extension SchemeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownFormat(let name):
      "unknown scheme '\(name)'; known: \(Scheme.Format.allCases.map(\.rawValue).joined(separator: ", "))"
        + " (assay run --list-schemes explains them)"
    case .unknownOption(let option, let format, let known):
      known.isEmpty
        ? "scheme '\(format)' has no option '\(option)'"
        : "scheme '\(format)' has no option '\(option)'; known: \(known.joined(separator: ", "))"
    case .missingValue(let option): "scheme option '\(option)' needs a value, as in '\(option)=...'"
    case .repeatedOption(let option): "scheme option '\(option)' is given twice"
    case .unknownValue(let value, let option, let expected):
      "'\(option)=\(value)' is not understood; expected \(expected.joined(separator: ", "))"
    case .conflict(let reason): reason
    }
  }
}

extension Scheme {
  /// Parses `int8:weights=per-tensor,activations=none`; strict, no unknown or repeated option passes.
  package init(_ text: String) throws(SchemeError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let format = Format(rawValue: name) ?? Format.aliases[name] else { throw .unknownFormat(name) }
    var options: [String: String] = [:]
    if parts.count == 2 {
      for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard Self.options(of: format).contains(pair[0]) else {
          throw .unknownOption(pair[0], format: name, known: Self.options(of: format))
        }
        guard pair.count == 2, !pair[1].isEmpty else { throw .missingValue(option: pair[0]) }
        guard options.updateValue(pair[1], forKey: pair[0]) == nil else { throw .repeatedOption(pair[0]) }
      }
    }
    let activations = try Self.activations(options["activations"], format: format)
    let weights = try Self.weights(options, format: format)
    if case .group = weights, activations != .none {
      throw .conflict("groups of weights need 'activations=none': group scales do not factor out of an integer sum")
    }
    if format == .fp32, options["skip"] != nil, options["prune"] == nil, activations == .none {
      throw .conflict("'skip' changes nothing in 'fp32' without 'prune': every layer is FP32 already")
    }
    let isSymmetric = try Self.boolean("symmetric", options) ?? true
    let skip = (options["skip"] ?? "").split(separator: "+").map(String.init)
    self.init(
      format: format, weights: weights, activations: activations, skip: Set(skip).sorted(),
      isSymmetric: isSymmetric, isPure: try Self.boolean("pure", options) ?? false,
      algorithms: try Algorithms(options, weights: weights, activations: activations, isSymmetric: isSymmetric),
      cache: try Self.cache(options["kv"]))
  }

  private static func options(of format: Format) -> [String] {
    let own: [String] =
      switch format {
      case .fp32: ["activations"]
      case .fp16, .bf16: []
      case .int8: ["weights", "activations", "group", "symmetric"]
      case .int4: ["weights", "group", "symmetric"]
      case .fp8E4M3, .fp8E5M2: ["weights", "activations"]
      case .mxfp8, .mxfp8E5M2, .mxfp6, .mxfp6E3M2, .mxfp4, .nvfp4: ["activations"]
      default: ["activations", "pure"]
      }
    return own + Algorithms.options(of: format) + ["skip", "kv"]
  }

  private static func cache(_ value: String?) throws(SchemeError) -> CacheFormat {
    guard let value else { return .fp32 }
    guard let format = CacheFormat(rawValue: value) else {
      throw .unknownValue(value, option: "kv", expected: CacheFormat.allCases.map(\.rawValue))
    }
    return format
  }

  private static func activations(_ value: String?, format: Format) throws(SchemeError) -> Activations {
    guard let value else { return format.activations[0] }
    guard let activations = format.activations.first(where: { $0.rawValue == value }) else {
      throw .unknownValue(value, option: "activations", expected: format.activations.map(\.rawValue))
    }
    return activations
  }

  private static func weights(_ options: [String: String], format: Format) throws(SchemeError) -> WeightScale {
    if let value = options["group"] {
      guard options["weights"] == nil else { throw .conflict("'weights' and 'group' exclude each other") }
      guard let size = Int(value), size >= 1, size <= 1 << 20 else {
        throw .unknownValue(value, option: "group", expected: ["a positive number, such as 32 or 128"])
      }
      return .group(size)
    }
    switch options["weights"] {
    case nil: return format.weights
    case "per-channel": return .perChannel
    case "per-tensor": return .perTensor
    case let value?: throw .unknownValue(value, option: "weights", expected: ["per-channel", "per-tensor"])
    }
  }

  private static func boolean(_ option: String, _ options: [String: String]) throws(SchemeError) -> Bool? {
    switch options[option] {
    case nil: return nil
    case "true": return true
    case "false": return false
    case let value?: throw .unknownValue(value, option: option, expected: ["true", "false"])
    }
  }

  static let defaultGroup = 32
}

extension Scheme: CustomStringConvertible {
  /// The canonical string: defaults left out, options in the order weights, activations, group, symmetric, pure,
  /// algorithms, skip, kv.
  package var description: String {
    var options: [String] = []
    if weights != format.weights {
      switch weights {
      case .perChannel: options.append("weights=per-channel")
      case .perTensor: options.append("weights=per-tensor")
      case .group: break
      }
    }
    if activations != format.activations[0] { options.append("activations=\(activations.rawValue)") }
    if case .group(let size) = weights, weights != format.weights { options.append("group=\(size)") }
    if !isSymmetric { options.append("symmetric=false") }
    if isPure { options.append("pure=true") }
    options += algorithms.printedOptions
    if !skip.isEmpty { options.append("skip=\(skip.joined(separator: "+"))") }
    if cache != .fp32 { options.append("kv=\(cache.rawValue)") }
    return options.isEmpty ? format.rawValue : "\(format.rawValue):\(options.joined(separator: ","))"
  }
}
