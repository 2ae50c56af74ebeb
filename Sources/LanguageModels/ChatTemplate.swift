/// One turn of a conversation.
package struct ChatMessage: Sendable, Hashable {
  /// `system`, `user` or `assistant`; ChatML and Llama 3 take any name.
  package let role: String
  package let content: String

  package init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// How a model wants a conversation to be written, recognised from the Jinja template in its file.
///
/// The template is not executed: four families are recognised by what they contain and written by code. What varies
/// inside a family, such as a default system message, is read from the template. Others are refused.
package struct ChatTemplate: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case chatML = "ChatML"
    case llama3 = "Llama 3"
    case zephyr = "Zephyr"
    case mistral = "Mistral"
  }

  private enum Format: Sendable {
    case chatML(ChatMLFormat)
    case llama3(Llama3Format)
    case zephyr(ZephyrFormat)
    case mistral(MistralFormat)
  }

  package let kind: Kind

  /// The template as the file has it.
  package let source: String
  private let format: Format

  /// Recognises the template of a model file.
  package init(_ file: GGUFFile) throws(ChatTemplateError) {
    let (source, tokens): (String?, SequenceTokens)
    do {
      source = try file.metadata.string("tokenizer.chat_template")
      tokens = try SequenceTokens(file)
    } catch {
      throw .metadata(error)
    }
    guard let source else { throw .missing(file: file.path) }
    try self.init(recognising: source, bos: tokens.bos, eos: tokens.eos)
  }

  /// Recognises the template of a model folder: `chat_template.jinja`, or what `tokenizer_config.json` holds.
  package init(_ folder: ModelFolder) throws(ChatTemplateError) {
    let (source, tokens): (String?, FolderTokens)
    do {
      tokens = try FolderTokens(folder)
      let file = try folder.text("chat_template.jinja")
      let settings = try folder.json("tokenizer_config.json")?["chat_template"]
      let named = settings?.array?.first { $0["name"]?.string == "default" }?["template"]
      source = file ?? settings?.string ?? named?.string
    } catch {
      throw .folder(error)
    }
    guard let source else { throw .missing(file: folder.path) }
    try self.init(recognising: source, bos: tokens.bos ?? "", eos: tokens.eos ?? "")
  }

  /// Recognises a template.
  ///
  /// - Parameters:
  ///   - bos: the text of the token that begins a sequence; empty when there is none.
  ///   - eos: the text of the token that ends a sequence; empty when there is none.
  package init(recognising source: String, bos: String = "", eos: String = "") throws(ChatTemplateError) {
    self.source = source
    let template = TemplateSource(source)
    if let chatML = ChatMLFormat(template, bos: bos) {
      (kind, format) = (.chatML, .chatML(chatML))
    } else if let llama3 = Llama3Format(template, bos: bos) {
      (kind, format) = (.llama3, .llama3(llama3))
    } else if let zephyr = ZephyrFormat(template, eos: eos) {
      (kind, format) = (.zephyr, .zephyr(zephyr))
    } else if let mistral = MistralFormat(template, bos: bos, eos: eos) {
      (kind, format) = (.mistral, .mistral(mistral))
    } else {
      throw .unrecognised(beginning: String(source.prefix(60)))
    }
  }

  /// The conversation as the model was trained to see it.
  ///
  /// The text holds special tokens, the beginning of the sequence included where the template writes it: encode it with
  /// `parseSpecial: true, addBOS: false`.
  /// - Parameter addGenerationPrompt: whether the text ends with the beginning of the assistant's turn.
  /// - Throws: for messages that the template refuses.
  package func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool = true
  ) throws(ChatTemplateError) -> String {
    switch format {
    case .chatML(let format): format.render(messages, addGenerationPrompt: addGenerationPrompt)
    case .llama3(let format): format.render(messages, addGenerationPrompt: addGenerationPrompt)
    case .zephyr(let format): try format.render(messages, addGenerationPrompt: addGenerationPrompt)
    case .mistral(let format): try format.render(messages)
    }
  }
}

/// Why a conversation cannot be written for a model.
package enum ChatTemplateError: Error, Equatable {
  case metadata(GGUFError)
  case folder(ModelFolderError)
  case missing(file: String)
  case unrecognised(beginning: String)
  case unsupportedRole(String, kind: ChatTemplate.Kind)
  case rolesDoNotAlternate(index: Int, role: String)
}

extension ChatTemplateError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .metadata(let error): error.description
    case .folder(let error): error.description
    case .missing(let file):
      "\(file): has no chat template, so it is probably not an instruction model; use --raw to send prompts as they are"
    case .unrecognised(let beginning):
      "the chat template \(quoted(beginning)) is none of \(ChatTemplate.Kind.allCases.map(\.rawValue).joined(separator: ", "))"
        + "; use --raw and write the prompts as the model expects them"
    case .unsupportedRole(let role, let kind): "the \(kind.rawValue) chat template has no role \(quoted(role))"
    case .rolesDoNotAlternate(let index, let role):
      "message \(index + 1) has the role \(quoted(role)), but the Mistral chat template wants user and assistant in turn"
    }
  }
}

/// The texts of the tokens that begin and end a sequence, as far as the file names them.
private struct SequenceTokens {
  let bos: String
  let eos: String

  init(_ file: GGUFFile) throws(GGUFError) {
    let tokens = try file.metadata.strings("tokenizer.ggml.tokens") ?? []
    let isSentencePiece = try file.metadata.string("tokenizer.ggml.model") == "llama"
    func text(_ key: String, _ standard: Int) throws(GGUFError) -> String {
      let id = try file.metadata.unsignedInteger(key) ?? (isSentencePiece ? standard : tokens.count)
      return id < tokens.count ? tokens[id] : ""
    }
    bos = try text("tokenizer.ggml.bos_token_id", 1)
    eos = try text("tokenizer.ggml.eos_token_id", 2)
  }
}
