import Analysis

/// One line of a description, the same for people and machines.
struct Fact {
  let key: String
  let value: JSON
  let text: String

  init(_ key: String, _ text: String) {
    (self.key, value, self.text) = (key, .string(text), text)
  }

  init(_ key: String, _ number: Int, unit: String = "") {
    (self.key, value, text) = (key, .integer(number), "\(number)\(unit)")
  }

  /// Prints facts as aligned lines, or as one JSON object.
  static func show(_ facts: [Fact], json: Bool) {
    guard !json else {
      let members = Dictionary(facts.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      return Terminal.result(JSON.object(members).indentedText, terminator: "")
    }
    let width = facts.map(\.key.count).max() ?? 0
    for fact in facts {
      let key = fact.key.replacing("_", with: " ")
      Terminal.result(key + String(repeating: " ", count: width - key.count + 2) + fact.text)
    }
  }
}
