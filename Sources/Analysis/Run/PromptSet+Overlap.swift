extension PromptSet {
  /// Prompts of this set that say the same as a prompt of another, in order: all messages but the system's agree, apart
  /// from white space around them.
  ///
  /// What a scheme has been calibrated on must not be what it is judged by.
  package func overlap(with other: PromptSet) -> [(prompt: Prompt, other: Prompt)] {
    var known: [[Prompt.Message]: Prompt] = [:]
    for prompt in other.prompts where known[prompt.spoken] == nil { known[prompt.spoken] = prompt }
    return prompts.compactMap { prompt in known[prompt.spoken].map { (prompt, $0) } }
  }
}

extension Prompt {
  /// What is said, without the system message, whose wording does not make another prompt.
  fileprivate var spoken: [Message] {
    messages.filter { $0.role != "system" }.map { Message(role: $0.role, content: $0.content.trimmed) }
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
