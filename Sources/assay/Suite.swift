import Analysis
import Foundation
import LanguageModels

/// A suite file: what to run and what to require of it (YAML). Paths in it are relative to the file.
struct Suite {
  var name: String
  var model: String?
  var prompts: String?
  var calibration: String?
  var reference: Scheme?
  var submissions: [Scheme] = []
  var maxTokens: Int?
  var batch: Int?
  var raw: Bool?
  var gate: String?
  var require: String?
  var confidence: Bool?
  var stopEarly: Bool?
  /// A policy file; `policy.yaml` beside the suite, if it is there.
  var policy: String?
  /// The release to compare with.
  var baseline: String?

  static let keys = [
    "name", "model", "prompts", "calibration", "reference", "submissions", "max_tokens", "batch", "raw", "gate",
    "require", "confidence", "stop_early", "policy", "baseline",
  ]

  /// - Throws: ``AssayError`` naming file, line and what was expected.
  init(path: String) throws {
    name = URL(filePath: path).deletingLastPathComponent().lastPathComponent
    for reader in try YAMLValue.file(path, expecting: "keys such as 'model' and 'submissions'") {
      switch reader.key {
      case "name": name = try reader.string()
      case "model": model = Files.resolve(try reader.string(), besides: path)
      case "prompts": prompts = Files.resolve(try reader.string(), besides: path)
      case "calibration": calibration = Files.resolve(try reader.string(), besides: path)
      case "reference": reference = try reader.scheme()
      case "submissions": submissions = try reader.schemes()
      case "max_tokens": maxTokens = try reader.count()
      case "batch": batch = try reader.count()
      case "raw": raw = try reader.bool()
      case "gate": gate = try reader.string(of: Gate.allCases.map(\.rawValue))
      case "confidence": confidence = try reader.bool()
      case "stop_early": stopEarly = try reader.bool()
      case "policy": policy = Files.resolve(try reader.string(), besides: path)
      case "baseline": baseline = try reader.string()
      case "require": require = try reader.string(of: Judgement.Requirement.names + ["99.0"])
      default: throw reader.error("is not known; known keys: \(Self.keys.joined(separator: ", "))")
      }
    }
  }
}
