/// A text as Python counts it: code points.
typealias JinjaText = [Unicode.Scalar]

/// What a template computes with: Python's values, as far as chat templates have them.
enum JinjaValue {
  /// With how it was asked for.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(JinjaText)
  case sequence(JinjaSequence)
  case map(JinjaMap)
  case namespace(JinjaNamespace)
  case macro(String, JinjaMacro)
  /// A function of the environment, such as `range`.
  case function(String)

  static func string(_ text: String) -> JinjaValue { .text(JinjaText(text.unicodeScalars)) }

  /// How deep values lie in this one.
  var depth: Int {
    switch self {
    case .sequence(let sequence): sequence.depth
    case .map(let map): map.depth
    default: 0
    }
  }

  /// As Python decides a condition.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .text(let text): !text.isEmpty
    case .sequence(let sequence): !sequence.elements.isEmpty
    case .map(let map): !map.members.isEmpty
    case .namespace, .macro, .function: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// Truth values count as 0 and 1, as in Python.
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  var number: Double? { if case .number(let value) = self { value } else { integer.map(Double.init) } }

  /// For messages.
  var kind: String {
    switch self {
    case .undefined(let name): "\(name), which is undefined,"
    case .none: "none"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .number: "a number"
    case .text: "a text"
    case .sequence(let sequence): sequence.isTuple ? "a tuple" : "a list"
    case .map: "a mapping"
    case .namespace: "a namespace"
    case .macro, .function: "a function"
    }
  }
}

/// A list or a tuple.
struct JinjaSequence {
  let elements: [JinjaValue]
  let isTuple: Bool
  let depth: Int

  init(_ elements: [JinjaValue], isTuple: Bool = false) {
    self.elements = elements
    self.isTuple = isTuple
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// A dictionary with texts as keys, in the order of insertion.
struct JinjaMap {
  private(set) var members: [(key: JinjaText, value: JinjaValue)] = []
  private(set) var depth = 1

  init() {}

  init(_ members: [(String, JinjaValue)]) {
    for (key, value) in members { self[JinjaText(key.unicodeScalars)] = value }
  }

  subscript(key: JinjaText) -> JinjaValue? {
    get { members.first { $0.key == key }?.value }
    set {
      guard let newValue else { return }
      depth = max(depth, 1 + newValue.depth)
      if let place = members.firstIndex(where: { $0.key == key }) {
        members[place].value = newValue
      } else {
        members.append((key, newValue))
      }
    }
  }
}

/// A set of names that outlives loops. Holds no other namespace, so that none holds itself.
final class JinjaNamespace {
  var members: [String: JinjaValue] = [:]
}
