import Tensors

/// A model file with its tokenizer and chat template, ready to be run under any scheme.
package final class LanguageModel {
  package let file: GGUFFile
  package let configuration: Configuration
  package let tokenizer: Tokenizer
  /// `nil` when the file has none, or one that is not known; see ``templateError``.
  package let template: ChatTemplate?
  /// Why there is no template.
  package let templateError: ChatTemplateError?

  /// - Throws: ``GGUFError``, ``ModelError`` or ``TokenizerError``.
  package init(path: String) throws {
    file = try GGUFFile(path: path)
    configuration = try Configuration(file)
    tokenizer = try Tokenizer(file)
    do throws(ChatTemplateError) {
      template = try ChatTemplate(file)
      templateError = nil
    } catch {
      template = nil
      templateError = error
    }
  }

  /// The tokens of a conversation as the model was trained to see it, ready for its answer.
  /// - Throws: ``ChatTemplateError`` when the file's template is missing or unknown.
  package func tokens(for messages: [ChatMessage]) throws(ChatTemplateError) -> [TokenID] {
    guard let template else { throw templateError ?? .missing }
    let text = template.render(messages)
    // A template that writes the beginning-of-text token itself must not get a second one.
    let hasBOS = tokenizer.bos.map { text.hasPrefix(tokenizer.piece($0)) } ?? false
    return tokenizer.encode(text, parseSpecial: true, addBOS: hasBOS ? false : nil)
  }

  /// The tokens of a bare text.
  package func tokens(for text: String) -> [TokenID] { tokenizer.encode(text, parseSpecial: false) }

  /// Loads the weights in the form that a scheme gives them.
  /// - Throws: ``ModelError``.
  package func forward(scheme: Scheme, threads: Int) throws(ModelError) -> Forward {
    let pool = WorkerPool(threads: threads)
    let weights = try Weights(file, configuration: configuration, scheme: scheme, pool: pool)
    return try Forward(configuration: configuration, weights: weights, pool: pool)
  }
}
