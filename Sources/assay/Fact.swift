import Analysis

/// One line of a description, the same for people and machines.
struct Fact {
  let key: String
  /// The key as people read it.
  let title: String
  let value: JSON
  let text: String

  init(_ key: String, title: String? = nil, _ text: String) {
    (self.key, value, self.text) = (key, .string(text), text)
    self.title = title ?? key.replacing("_", with: " ")
  }

  init(_ key: String, _ number: Int, unit: String = "") {
    (self.key, value, text) = (key, .integer(number), "\(number)\(unit)")
    title = key.replacing("_", with: " ")
  }

  /// Prints facts as aligned lines, or as one JSON object.
  static func show(_ facts: [Fact], json: Bool) throws {
    guard !json else {
      let members = Dictionary(
        facts.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      return try Terminal.result(JSON.object(members).indentedText, terminator: "")
    }
    let width = facts.map(\.title.count).max() ?? 0
    let lines = facts.map { fact in
      fact.title + String(repeating: " ", count: width - fact.title.count + 2) + fact.text
    }
    try Terminal.result(lines.joined(separator: "\n"))
  }
}
