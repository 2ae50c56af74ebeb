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
    guard let format = Format(rawValue: name) else { throw .unknownFormat(name) }
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
    let skip = (options["skip"] ?? "").split(separator: "+").map(String.init)
    self.init(
      format: format, weights: weights, activations: activations, skip: Set(skip).sorted(),
      cache: try Self.cache(options["kv"]))
  }

  private static func options(of format: Format) -> [String] {
    switch format {
    case .fp32: ["kv"]
    case .fp16, .bf16: ["skip", "kv"]
    case .int8: ["weights", "activations", "group", "skip", "kv"]
    case .int4: ["weights", "group", "skip", "kv"]
    }
  }

  private static func cache(_ value: String?) throws(SchemeError) -> CacheFormat {
    guard let value else { return .fp32 }
    guard let format = CacheFormat(rawValue: value) else {
      throw .unknownValue(value, option: "kv", expected: CacheFormat.allCases.map(\.rawValue))
    }
    return format
  }

  private static func activations(_ value: String?, format: Format) throws(SchemeError) -> Activations {
    guard let value else { return format == .int8 ? .perToken : .none }
    guard let activations = Activations(rawValue: value) else {
      throw .unknownValue(value, option: "activations", expected: Activations.allCases.map(\.rawValue))
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
    case nil: return format == .int4 ? .group(defaultGroup) : .perChannel
    case "per-channel": return .perChannel
    case "per-tensor": return .perTensor
    case let value?: throw .unknownValue(value, option: "weights", expected: ["per-channel", "per-tensor"])
    }
  }

  static let defaultGroup = 32
}

extension Scheme: CustomStringConvertible {
  /// The canonical string: defaults left out, options in the order weights, activations, group, skip, kv.
  package var description: String {
    var options: [String] = []
    switch (format, weights) {
    case (.int8, .perChannel), (.fp32, _), (.fp16, _), (.bf16, _), (.int4, .group(Self.defaultGroup)): break
    case (_, .perChannel): options.append("weights=per-channel")
    case (_, .perTensor): options.append("weights=per-tensor")
    case (_, .group): break
    }
    if format == .int8, activations != .perToken { options.append("activations=\(activations.rawValue)") }
    if case .group(let size) = weights, !(format == .int4 && size == Self.defaultGroup) {
      options.append("group=\(size)")
    }
    if !skip.isEmpty { options.append("skip=\(skip.joined(separator: "+"))") }
    if cache != .fp32 { options.append("kv=\(cache.rawValue)") }
    return options.isEmpty ? format.rawValue : "\(format.rawValue):\(options.joined(separator: ","))"
  }
}

extension Scheme.Format {
  /// One sentence for `--list-schemes`.
  package var summary: String {
    switch self {
    case .fp32: "weights and inputs in FP32: the reference"
    case .bf16: "weights and linear-layer inputs rounded to BF16, FP32 accumulation"
    case .fp16: "weights and linear-layer inputs rounded to FP16, FP32 accumulation"
    case .int8:
      "W8A8: weights symmetric absmax per output channel, activations dynamic per token, INT32 accumulation; "
        + "lm_head stays FP32"
    case .int4: "weight-only INT4, symmetric absmax in groups of 32 inputs; lm_head stays FP32"
    }
  }

  /// The options it takes and their values, for `--list-schemes`.
  package var optionHelp: [String] {
    let cache = "kv=fp32|fp16|int8|int4 (keys and values of each token and head)"
    return switch self {
    case .fp32: [cache]
    case .fp16, .bf16: ["skip=MODULE+MODULE...", cache]
    case .int8:
      [
        "weights=per-channel|per-tensor", "activations=per-token|per-tensor|none",
        "group=N (with activations=none)", "skip=MODULE+MODULE...", cache,
      ]
    case .int4: ["weights=per-channel|per-tensor", "group=N", "skip=MODULE+MODULE...", cache]
    }
  }
}
