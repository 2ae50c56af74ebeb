/// One question to a model, and what is known about its answer.
package struct Prompt: Hashable, Sendable {
  package struct Message: Hashable, Sendable {
    /// `system`, `user`, `assistant` or whatever else the model's chat template knows.
    package let role: String
    package let content: String

    package init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  package enum Content: Hashable, Sendable {
    case text(String)
    case messages([Message])
  }

  /// Unique within its set.
  package let id: String
  package let content: Content
  /// The system message, if the prompt brings its own.
  package let system: String?
  /// Acceptable answers; the best match counts. Empty when no ground truth is known.
  package let targets: [String]
  /// The cluster that prompts share (a document, a subject), within which their scores are correlated.
  package let category: String?
  /// The kind of task, such as `gsm8k` or `mmlu`, that decides how an answer is graded.
  package let task: String?
  /// The options of a multiple-choice task, in order.
  package let choices: [String]
  /// The most tokens to generate, if the prompt sets its own limit.
  package let maximumTokenCount: Int?

  package init(
    id: String, content: Content, system: String? = nil, targets: [String] = [], category: String? = nil,
    task: String? = nil, choices: [String] = [], maximumTokenCount: Int? = nil
  ) {
    self.id = id
    self.content = content
    self.system = system
    self.targets = targets
    self.category = category
    self.task = task
    self.choices = choices
    self.maximumTokenCount = maximumTokenCount
  }

  /// The prompt as a conversation: the system message first, if there is one.
  package var messages: [Message] {
    let conversation =
      switch content {
      case .text(let text): [Message(role: "user", content: text)]
      case .messages(let messages): messages
      }
    return (system.map { [Message(role: "system", content: $0)] } ?? []) + conversation
  }
}
