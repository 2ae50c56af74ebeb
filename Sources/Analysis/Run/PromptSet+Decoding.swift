extension PromptSet {
  /// Reads JSON Lines, or CSV with the same headings: `id`, `prompt` or `messages`, and optionally `system`,
  /// `target`, `category`, `task`, `choices`, `max_tokens`. Other fields are ignored.
  ///
  /// In CSV the cells `messages` and `choices` hold JSON, `target` a string or a JSON list of strings, and an empty
  /// cell is an absent value.
  ///
  /// - Throws: ``RecordError`` naming `label` and the line.
  package init(parsing bytes: [UInt8], label: String) throws(RecordError) {
    var records: [(line: Int, prompt: Prompt)] = []
    try RecordFile(bytes, label: label, holding: "prompts").forEachRecord(required: ["id"]) {
      (fields) throws(RecordError) in
      records.append((fields.line, try Prompt(fields)))
    }
    try self.init(label: label, records: records)
  }
}

extension Prompt {
  init(_ fields: RecordFields) throws(RecordError) {
    guard let id = try fields.identifier("id"), !id.isEmpty else {
      throw fields.missing("'id'", "give every prompt a unique id")
    }
    let system = try fields.string("system")
    let content = try Content(fields)
    if system != nil, case .messages(let messages) = content, messages.contains(where: { $0.role == "system" }) {
      throw .conflict(
        file: fields.file, line: fields.line, problem: "both 'system' and a message with the role system are given",
        hint: "keep one of them")
    }
    self.init(
      id: id, content: content, system: system, targets: try fields.strings("target"),
      category: try fields.string("category"), task: try fields.string("task"), choices: try fields.strings("choices"),
      maximumTokenCount: try fields.positiveInteger("max_tokens"))
  }
}

extension Prompt.Content {
  fileprivate init(_ fields: RecordFields) throws(RecordError) {
    switch (try fields.string("prompt"), fields["messages"]) {
    case (let text?, nil): self = .text(text)
    case (nil, .array(let elements)?) where !elements.isEmpty:
      self = .messages(
        try elements.map { (element) throws(RecordError) in
          guard case .object(let members) = element, case .string(let role) = members["role"],
            case .string(let content) = members["content"]
          else { throw fields.wrongType("messages", "a list of objects with 'role' and 'content' strings", element) }
          return Prompt.Message(role: role, content: content)
        })
    case (nil, let value?): throw fields.wrongType("messages", "a list of at least one message", value)
    case (_?, _?):
      throw .conflict(
        file: fields.file, line: fields.line, problem: "both 'prompt' and 'messages' are given",
        hint: "keep one of them")
    case (nil, nil):
      throw fields.missing("'prompt' (or 'messages')", "give every prompt its text or its list of messages")
    }
  }
}
