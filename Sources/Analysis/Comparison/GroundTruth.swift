/// What is known about the right answers, by prompt id.
package struct GroundTruth: Hashable, Sendable {
  /// Acceptable answers by prompt id; the best match counts.
  package let targets: [String: [String]]
  /// The cluster of a prompt, within which scores are correlated.
  package let categories: [String: String]
  /// How the answer to a prompt is graded, by name.
  package let tasks: [String: String]
  /// The options of multiple-choice prompts.
  package let choices: [String: [String]]

  /// Nothing is known.
  package static let none = GroundTruth(targets: [:], categories: [:])

  package init(
    targets: [String: [String]], categories: [String: String] = [:], tasks: [String: String] = [:],
    choices: [String: [String]] = [:]
  ) {
    self.targets = targets.filter { !$0.value.isEmpty }
    self.categories = categories
    self.tasks = tasks
    self.choices = choices.filter { !$0.value.isEmpty }
  }

  package init(_ prompts: PromptSet) {
    var targets: [String: [String]] = [:]
    var (categories, tasks): ([String: String], [String: String]) = ([:], [:])
    var choices: [String: [String]] = [:]
    for prompt in prompts.prompts {
      targets[prompt.id] = prompt.targets
      categories[prompt.id] = prompt.category
      tasks[prompt.id] = prompt.task
      choices[prompt.id] = prompt.choices
    }
    self.init(targets: targets, categories: categories, tasks: tasks, choices: choices)
  }

  /// Reads JSON Lines or CSV with `id`, `target` and optionally `category`, `task` and `choices`: a prompt file, or one without the prompts.
  ///
  /// - Throws: ``RecordError`` naming `label` and the line.
  package init(parsing bytes: [UInt8], label: String) throws(RecordError) {
    var targets: [String: [String]] = [:]
    var (categories, tasks): ([String: String], [String: String]) = ([:], [:])
    var choices: [String: [String]] = [:]
    var lines: [String: Int] = [:]
    try RecordFile(bytes, label: label, holding: "targets").forEachRecord(required: ["id", "target"]) {
      (fields) throws(RecordError) in
      guard let id = try fields.identifier("id") else {
        throw fields.missing("'id'", "give every target its prompt's id")
      }
      if let first = lines.updateValue(fields.line, forKey: id) {
        throw .duplicateID(file: label, id: id, firstLine: first, secondLine: fields.line)
      }
      targets[id] = try fields.strings("target")
      categories[id] = try fields.string("category")
      tasks[id] = try fields.string("task")
      choices[id] = try fields.strings("choices")
    }
    guard targets.contains(where: { !$0.value.isEmpty }) else { throw .empty(file: label, records: "targets") }
    self.init(targets: targets, categories: categories, tasks: tasks, choices: choices)
  }
}
