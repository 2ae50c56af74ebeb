import Analysis
import Foundation
import LanguageModels
import Yams

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

  static let keys = [
    "name", "model", "prompts", "calibration", "reference", "submissions", "max_tokens", "batch", "raw", "gate",
    "require", "confidence", "stop_early",
  ]

  /// - Throws: ``AssayError`` naming file, line and what was expected.
  init(path: String) throws {
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw AssayError(Self.sentence(error, path: path))
    }
    guard let mapping = root?.mapping else {
      throw AssayError("\(path):1: expected a YAML mapping with keys such as 'model' and 'submissions'")
    }
    name = URL(filePath: path).deletingLastPathComponent().lastPathComponent
    for (key, value) in mapping {
      guard let keyName = key.string else {
        throw AssayError("\(path):\(key.mark?.line ?? 1): a list or a mapping cannot be a key; expected a name")
      }
      let reader = SuiteValue(node: value, path: path, key: keyName)
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
      case "require": require = try reader.string(of: Judgement.Requirement.names + ["99.0"])
      default: throw reader.error("is not known; known keys: \(Self.keys.joined(separator: ", "))")
      }
    }
  }

  private static func sentence(_ error: YamlError, path: String) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "\(path):\(mark.line): is not valid YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, _):
      "\(path): '\(keys.first ?? "")' is given twice; keep one"
    default: "\(path): is not valid YAML"
    }
  }
}

/// One value of a suite, and where it stands.
private struct SuiteValue {
  let node: Node
  let path: String
  let key: String

  func error(_ problem: String) -> AssayError {
    AssayError("\(path):\(node.mark?.line ?? 1): '\(key)' \(problem)")
  }

  func string() throws -> String {
    guard let text = node.scalar?.string, !text.isEmpty else { throw error("must be a text") }
    return text
  }

  func string(of choices: [String]) throws -> String {
    let text = try string()
    guard choices.contains(text) else { throw error("is '\(text)', expected \(choices.joined(separator: ", "))") }
    return text
  }

  func scheme() throws -> Scheme {
    let text = try string()
    do {
      return try Scheme(text)
    } catch {
      throw self.error("is wrong: \(error)")
    }
  }

  func schemes() throws -> [Scheme] {
    guard let sequence = node.sequence else { throw error("must be a list of schemes, one '- ' line each") }
    return try sequence.map { try SuiteValue(node: $0, path: path, key: key).scheme() }
  }

  func count() throws -> Int {
    guard let value = node.int, value >= 1, value <= 1 << 16 else { throw error("must be a number from 1 to 65536") }
    return value
  }

  func bool() throws -> Bool {
    guard let value = node.bool else { throw error("must be true or false") }
    return value
  }
}
