/// Prompts in order, each with its own id.
package struct PromptSet: Hashable, Sendable {
  /// What the set is called in messages and reports, usually the file name.
  package let label: String
  package let prompts: [Prompt]

  /// The identity of what a model is shown: ids, content, system messages and limits, in order.
  ///
  /// Targets, categories and tasks are left out, so that adding ground truth later does not disown existing runs;
  /// and so is the file's format, so that the same prompts as CSV have the same digest.
  package let digest: Digest

  private let indices: [String: Int]

  /// - Throws: ``RecordError`` when there is no prompt or two share an id (lines are counted as positions from 1).
  package init(label: String, prompts: [Prompt]) throws(RecordError) {
    try self.init(label: label, records: prompts.enumerated().map { ($0.offset + 1, $0.element) })
  }

  /// Pairs each prompt with the line it came from.
  init(label: String, records: [(line: Int, prompt: Prompt)]) throws(RecordError) {
    guard !records.isEmpty else { throw .empty(file: label, records: "prompts") }
    var indices: [String: Int] = [:]
    for (index, record) in records.enumerated() {
      if let first = indices.updateValue(index, forKey: record.prompt.id) {
        throw .duplicateID(
          file: label, id: record.prompt.id, firstLine: records[first].line, secondLine: record.line)
      }
    }
    self.label = label
    self.indices = indices
    prompts = records.map(\.prompt)
    digest = Self.digest(of: prompts)
  }

  package subscript(id: String) -> Prompt? {
    indices[id].map { prompts[$0] }
  }

  /// The targets of each prompt that has any.
  package var targets: [String: [String]] {
    var targets: [String: [String]] = [:]
    for prompt in prompts where !prompt.targets.isEmpty { targets[prompt.id] = prompt.targets }
    return targets
  }

  private static func digest(of prompts: [Prompt]) -> Digest {
    var hash = SHA256()
    for prompt in prompts {
      let messages = prompt.messages.map { JSON.members(["role": .string($0.role), "content": .string($0.content)]) }
      let shown = JSON.members([
        "id": .string(prompt.id), "messages": .array(messages),
        "max_tokens": prompt.maximumTokenCount.map(JSON.integer),
      ])
      hash.update(shown.text + "\n")
    }
    return hash.finish()
  }
}
