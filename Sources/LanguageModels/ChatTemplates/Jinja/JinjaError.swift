/// Why a template cannot be read or rendered, and where.
package struct JinjaError: Error, Equatable {
  /// Counted from 1.
  package let line: Int
  package let problem: Problem

  package enum Problem: Equatable, Sendable {
    /// What is there is no Jinja.
    case expected(String)
    /// Jinja that this subset does not have.
    case unsupported(String)
    /// What Jinja itself cannot do, such as adding a number to a text.
    case impossible(String)
    /// The template's own `raise_exception`.
    case refused(String)
    /// More work, text or nesting than any chat template needs.
    case excessive(String)
  }
}

extension JinjaError: CustomStringConvertible {
  package var description: String {
    switch problem {
    case .expected(let what): "line \(line) of the chat template: expected \(what)"
    case .unsupported(let what): "line \(line) of the chat template: \(what) is not supported"
    case .impossible(let what): "line \(line) of the chat template: \(what)"
    case .refused(let message): "the chat template refuses the conversation: \(message)"
    case .excessive(let what): "line \(line) of the chat template: \(what)"
    }
  }
}
