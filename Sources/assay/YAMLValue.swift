import Analysis
import LanguageModels
import Yams

/// One value of a YAML file, and where it stands.
struct YAMLValue {
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
    return try sequence.map { try YAMLValue(node: $0, path: path, key: key).scheme() }
  }

  func count() throws -> Int {
    guard let value = node.int, value >= 1, value <= 1 << 16 else { throw error("must be a number from 1 to 65536") }
    return value
  }

  func bool() throws -> Bool {
    guard let value = node.bool else { throw error("must be true or false") }
    return value
  }

  func number() throws -> Double {
    guard let value = node.float, value.isFinite, value >= 0 else { throw error("must be a number of at least 0") }
    return value
  }

  /// The values of a mapping, in order.
  func members(expecting: String) throws -> [YAMLValue] {
    guard let mapping = node.mapping else { throw error("must be a mapping of \(expecting)") }
    return try Self.members(mapping, path: path)
  }

  func elements() throws -> [YAMLValue] {
    guard let sequence = node.sequence else { throw error("must be a list, one '- ' line each") }
    return sequence.map { YAMLValue(node: $0, path: path, key: key) }
  }

  /// The values of a whole file that is a mapping.
  ///
  /// - Throws: ``AssayError`` naming file, line and what was expected.
  static func file(_ path: String, expecting: String) throws -> [YAMLValue] {
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw AssayError(sentence(error, path: path))
    }
    guard let mapping = root?.mapping else {
      throw AssayError("\(path):1: expected a YAML mapping with \(expecting)")
    }
    return try members(mapping, path: path)
  }

  private static func members(_ mapping: Node.Mapping, path: String) throws -> [YAMLValue] {
    try mapping.map { key, value in
      guard let name = key.string else {
        throw AssayError("\(path):\(key.mark?.line ?? 1): a list or a mapping cannot be a key; expected a name")
      }
      return YAMLValue(node: value, path: path, key: name)
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

  /// A scheme by its canonical name, anything else as it is.
  static func canonical(_ name: String) -> String { (try? Scheme(name)).map(\.description) ?? name }
}
