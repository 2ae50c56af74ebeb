import Tensors

/// A model file with its tokenizer and chat template, ready to be run under any scheme.
package final class LanguageModel {
  package let file: GGUFFile
  package let configuration: Configuration
  package let tokenizer: Tokenizer
  /// The chat template, or why there is none that can be used.
  package let template: Result<ChatTemplate, ChatTemplateError>

  /// - Throws: ``GGUFError``, ``ModelError`` or ``TokenizerError``.
  package init(path: String) throws {
    file = try GGUFFile(path: path)
    configuration = try Configuration(file)
    tokenizer = try Tokenizer(file)
    template = Result { [file] () throws(ChatTemplateError) in try ChatTemplate(file) }
  }

  /// The tokens of a conversation as the model was trained to see it, ready for its answer.
  /// - Throws: ``ChatTemplateError`` when the file's template is missing or unknown, or refuses the messages.
  package func tokens(for messages: [ChatMessage]) throws(ChatTemplateError) -> [TokenID] {
    tokenizer.encode(try template.get().render(messages), parseSpecial: true, addBOS: false)
  }

  /// The tokens of a bare text, with the beginning-of-text token where the model wants one.
  package func tokens(for text: String) -> [TokenID] { tokenizer.encode(text, parseSpecial: false) }

  /// Loads the weights in the form that a scheme gives them.
  /// - Throws: ``ModelError``.
  package func forward(scheme: Scheme, threads: Int) throws(ModelError) -> Forward {
    let pool = WorkerPool(threads: threads)
    let weights = try Weights(file, configuration: configuration, scheme: scheme, pool: pool)
    return try Forward(configuration: configuration, weights: weights, pool: pool)
  }
}
