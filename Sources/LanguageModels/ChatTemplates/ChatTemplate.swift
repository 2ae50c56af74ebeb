/// One turn of a conversation.
package struct ChatMessage: Sendable, Hashable {
  /// `system`, `user` or `assistant`; what else there may be, the template knows.
  package let role: String
  package let content: String

  package init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// How a model wants a conversation to be written: the Jinja template in its file, executed.
///
/// A subset of Jinja2 3.1 as transformers sets it up (``JinjaParser``, ``JinjaInterpreter``); what is not in it is refused
/// with its line. A template sees `messages` with `role` and `content`, `add_generation_prompt`, `bos_token` and
/// `eos_token`; `tools` and `documents` are none. `strftime_now` is undefined, so that templates write the date they have
/// for that case: with the date of the day, every day's run would be another one.
package struct ChatTemplate {
  /// The template as the file has it.
  package let source: String
  private let statements: [JinjaStatement]
  private let bos, eos: String

  /// The template of a model file.
  package init(_ file: GGUFFile) throws(ChatTemplateError) {
    let (source, tokens): (String?, SequenceTokens)
    do {
      source = try file.metadata.string("tokenizer.chat_template")
      tokens = try SequenceTokens(file)
    } catch {
      throw .metadata(error)
    }
    guard let source else { throw .missing(file: file.path) }
    try self.init(source, bos: tokens.bos, eos: tokens.eos)
  }

  /// The template of a model folder: `chat_template.jinja`, or what `tokenizer_config.json` holds.
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
    try self.init(source, bos: tokens.bos ?? "", eos: tokens.eos ?? "")
  }

  /// - Parameters:
  ///   - source: a Jinja template.
  ///   - bos: the text of the token that begins a sequence; empty when there is none.
  ///   - eos: the text of the token that ends a sequence; empty when there is none.
  package init(_ source: String, bos: String = "", eos: String = "") throws(ChatTemplateError) {
    self.source = source
    self.bos = bos
    self.eos = eos
    do {
      statements = try JinjaParser.parse(source)
    } catch {
      throw .template(error)
    }
  }

  /// The conversation as the model was trained to see it.
  ///
  /// The text holds special tokens, the beginning of the sequence included where the template writes it: encode it with
  /// `parseSpecial: true, addBOS: false`.
  /// - Parameter addGenerationPrompt: whether the text ends with the beginning of the assistant's turn.
  /// - Throws: for messages that the template refuses, and for what the interpreter does not have.
  package func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool = true
  ) throws(ChatTemplateError) -> String {
    let turns = messages.map { message in
      JinjaValue.map(JinjaMap([("role", .string(message.role)), ("content", .string(message.content))]))
    }
    do {
      return try JinjaInterpreter.render(
        statements,
        [
          "messages": .sequence(JinjaSequence(turns)), "add_generation_prompt": .bool(addGenerationPrompt),
          "bos_token": .string(bos), "eos_token": .string(eos), "tools": .none, "documents": .none,
        ])
    } catch {
      throw .template(error)
    }
  }

  /// The family that the template's markers belong to, as a name for people.
  package var family: String {
    let markers = [
      ("<|im_sep|>", "Phi-4"), ("<|im_start|>", "ChatML"), ("<|start_header_id|>", "Llama 3"),
      ("<start_of_turn>", "Gemma"), ("<<SYS>>", "Llama 2"), ("[INST]", "Mistral"), ("<|end|>", "Phi-3"),
      ("<|user|>", "Zephyr"),
    ]
    return markers.first { source.contains($0.0) }?.1 ?? "other"
  }
}

/// Why a conversation cannot be written for a model.
package enum ChatTemplateError: Error, Equatable {
  case metadata(GGUFError)
  case folder(ModelFolderError)
  case missing(file: String)
  case template(JinjaError)
}

extension ChatTemplateError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .metadata(let error): error.description
    case .folder(let error): error.description
    case .missing(let file):
      "\(file): has no chat template, so it is probably not an instruction model; use --raw to send prompts as they are"
    case .template(let error):
      if case .refused = error.problem {
        error.description
      } else {
        "\(error); use --raw and write the prompts as the model expects them"
      }
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
