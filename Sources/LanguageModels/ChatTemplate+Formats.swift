// The four families, each as the published templates of its models write it.

/// `<|im_start|>role\ncontent<|im_end|>\n` for every message.
struct ChatMLFormat {
  private let prefix: String
  private let defaultSystemMessage: String?
  private let generationPrompt: String
  private let trimsContent: Bool

  init?(_ template: TemplateSource, bos: String) {
    // Phi-4 has the same first token and another layout.
    guard template.contains("<|im_start|>"), !template.contains("<|im_sep|>") else { return nil }
    prefix = template.contains("bos_token") ? bos : ""
    defaultSystemMessage = template.literal(from: "<|im_start|>system\n", to: "<|im_end|>")
    // Reasoning models begin the assistant's turn with more than its header.
    generationPrompt =
      template.literal(startingWith: "<|im_start|>assistant", after: "add_generation_prompt")
      ?? "<|im_start|>assistant\n"
    trimsContent = template.contains("content']|trim") || template.contains("content|trim")
  }

  func render(_ messages: [ChatMessage], addGenerationPrompt: Bool) -> String {
    var text = prefix
    if let defaultSystemMessage, let first = messages.first, first.role != "system" {
      text += "<|im_start|>system\n\(defaultSystemMessage)<|im_end|>\n"
    }
    for message in messages {
      let content = trimsContent ? message.content.trimmed() : message.content
      text += "<|im_start|>\(message.role)\n\(content)<|im_end|>\n"
    }
    return addGenerationPrompt ? text + generationPrompt : text
  }
}

/// `<|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>` for every message.
struct Llama3Format {
  private let bos: String
  /// Llama 3.1 and 3.2 begin every conversation with a system message that states two dates.
  private let preamble: String?

  init?(_ template: TemplateSource, bos: String) {
    guard template.contains("<|start_header_id|>"), template.contains("<|end_header_id|>") else { return nil }
    self.bos = bos
    if template.contains("Cutting Knowledge Date") {
      // The date of the day would make every day's run different; the template's own default does not.
      let today = template.literal(from: "date_string = \"", to: "\"") ?? "26 Jul 2024"
      preamble = "Cutting Knowledge Date: December 2023\nToday Date: \(today)\n\n"
    } else {
      preamble = nil
    }
  }

  func render(_ messages: [ChatMessage], addGenerationPrompt: Bool) -> String {
    var text = bos
    var messages = messages[...]
    if let preamble {
      let system = messages.first?.role == "system" ? messages.removeFirst().content.trimmed() : ""
      text += header("system") + preamble + system + "<|eot_id|>"
    }
    for message in messages { text += header(message.role) + message.content.trimmed() + "<|eot_id|>" }
    return addGenerationPrompt ? text + header("assistant") : text
  }

  private func header(_ role: String) -> String { "<|start_header_id|>\(role)<|end_header_id|>\n\n" }
}

/// `<|role|>\ncontent` and the end of the sequence for every message.
struct ZephyrFormat {
  private let eos: String

  init?(_ template: TemplateSource, eos: String) {
    guard template.contains("'<|user|>\n'+message['content']+eos_token"), !eos.isEmpty else { return nil }
    self.eos = eos
  }

  func render(_ messages: [ChatMessage], addGenerationPrompt: Bool) throws(ChatTemplateError) -> String {
    var text = ""
    for message in messages {
      guard ["system", "user", "assistant"].contains(message.role) else {
        throw .unsupportedRole(message.role, kind: .zephyr)
      }
      text += "<|\(message.role)|>\n\(message.content)\(eos)\n"
    }
    return addGenerationPrompt && !messages.isEmpty ? text + "<|assistant|>\n" : text
  }
}

/// `[INST] content [/INST]` for the user, content and the end of the sequence for the assistant.
struct MistralFormat {
  /// Which user message the system message is put before, with an empty line between.
  private enum SystemPlace {
    case first, last
  }

  private let bos: String
  private let opening, closing: String
  private let answerPrefix, answerSuffix: String
  private let trimsAnswer: Bool
  private let systemPlace: SystemPlace?

  init?(_ template: TemplateSource, bos: String, eos: String) {
    guard !eos.isEmpty, !template.contains("<<SYS>>"), !template.contains("[SYSTEM_PROMPT]") else { return nil }
    let shapes = [("[INST] ", " [/INST]"), (" [INST] ", " [/INST]"), ("[INST] ", "[/INST]"), ("[INST]", "[/INST]")]
    guard
      let (opening, closing) = shapes.first(where: { template.contains("'\($0.0)'+message['content']+'\($0.1)'") })
    else { return nil }
    self.bos = bos
    self.opening = opening
    self.closing = closing
    trimsAnswer = template.contains("message['content']|trim+eos_token")
    answerPrefix = template.contains("' '+message['content']|trim+eos_token") ? " " : ""
    answerSuffix = template.contains("message['content']+eos_token+' '") ? eos + " " : eos
    systemPlace =
      template.contains("loop.last and system_message")
      ? .last : template.contains("loop.first and system_message") ? .first : nil
  }

  func render(_ messages: [ChatMessage]) throws(ChatTemplateError) -> String {
    var text = bos
    var turns = messages[...]
    var system: String?
    if let first = turns.first, first.role == "system" {
      guard systemPlace != nil else { throw .unsupportedRole("system", kind: .mistral) }
      system = first.content
      turns = turns.dropFirst()
    }
    for (turn, index) in zip(turns, turns.indices) {
      let isUsersTurn = (index - turns.startIndex).isMultiple(of: 2)
      guard turn.role == (isUsersTurn ? "user" : "assistant") else {
        throw .rolesDoNotAlternate(index: index, role: turn.role)
      }
      if isUsersTurn {
        let isPlace = systemPlace == .first ? index == turns.startIndex : index == turns.endIndex - 1
        let before = isPlace ? system.map { $0 + "\n\n" } ?? "" : ""
        text += opening + before + turn.content + closing
      } else {
        text += answerPrefix + (trimsAnswer ? turn.content.trimmed() : turn.content) + answerSuffix
      }
    }
    return text
  }
}

/// A Jinja template as text to look into: quotes are single, `\n` is a line break, operators have no spaces around.
struct TemplateSource {
  private let text: String
  private let compact: String

  init(_ source: String) {
    text = source.replacing("\\n", with: "\n")
    var compact = String.UnicodeScalarView()
    var spaces = 0
    for scalar in text.unicodeScalars {
      if scalar == " " {
        spaces += 1
        continue
      }
      let isOperator = scalar == "+" || scalar == "|"
      if !isOperator, compact.last != "+", compact.last != "|" {
        compact.append(contentsOf: repeatElement(" ", count: spaces))
      }
      compact.append(scalar == "\"" ? "'" : scalar)
      spaces = 0
    }
    self.compact = String(compact)
  }

  func contains(_ part: String) -> Bool { compact.contains(part) || text.contains(part) }

  /// What lies between `start` and `end` inside one string literal; the first such place counts.
  func literal(from start: String, to end: String) -> String? {
    // Bounded, so that no template takes quadratic time.
    for place in text.ranges(of: start).prefix(100) {
      let rest = text[place.upperBound...].prefix(10_000)
      guard let stop = rest.firstRange(of: end) else { continue }
      let found = rest[..<stop.lowerBound]
      // A quote followed by `+`, `}` or the like would end the literal; an apostrophe in prose is followed by a letter.
      if !Self.endsLiteral(found) { return String(found) }
    }
    return nil
  }

  /// The first string literal after `mark` that begins with `start`.
  func literal(startingWith start: String, after mark: String) -> String? {
    guard let place = text.ranges(of: mark).last else { return nil }
    for quote in ["'", "\""] {
      let rest = text[place.upperBound...]
      guard let opening = rest.firstRange(of: quote + start) else { continue }
      let literal = rest[rest.index(after: opening.lowerBound)...]
      if let closing = literal.firstRange(of: quote) { return String(literal[..<closing.lowerBound]) }
    }
    return nil
  }

  private static func endsLiteral(_ text: Substring) -> Bool {
    text.contains("' }}") || text.contains("'}}") || text.contains("' +") || text.contains("'+")
      || text.contains("\" }}") || text.contains("\"}}") || text.contains("\" +") || text.contains("\"+")
  }
}

extension String {
  /// Without white space at both ends, as Python's `str.strip` and Jinja's `trim` do.
  fileprivate func trimmed() -> String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
    }
    guard let first = unicodeScalars.firstIndex(where: { !isSpace($0) }),
      let last = unicodeScalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(unicodeScalars[first...last])
  }
}
