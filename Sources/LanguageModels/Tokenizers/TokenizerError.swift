/// Why the vocabulary of a model file cannot be used, and which file it was.
package struct TokenizerError: Error, Equatable {
  package let file: String
  package let problem: Problem

  package enum Problem: Error, Equatable, Sendable {
    case metadata(GGUFError)
    case unsupportedModel(String)
    case unsupportedPreTokenizer(String)
    case emptyVocabulary
    case wrongCount(key: String, expected: Int, actual: Int)
    case malformedMerge(index: Int, text: String)
    case oversizedToken(id: Int, bytes: Int)
    case folder(ModelFolderError)
    case noTokenizerFile
    case malformed(String)
    case unsupportedPart(part: String, name: String)
    case tokenOutOfRange(key: String, id: Int, count: Int)
  }
}

extension TokenizerError: CustomStringConvertible {
  package var description: String {
    switch problem {
    case .metadata(let error): error.description
    case .unsupportedModel(let name):
      "\(file): the vocabulary is of type \(quoted(name)); 'gpt2' (byte-level BPE) and 'llama' (SentencePiece) can be read"
    case .unsupportedPreTokenizer(let name):
      "\(file): the pre-tokenizer \(quoted(name)) is not known, and guessing would change every result; "
        + "known are \(PreTokenizer.names.joined(separator: ", "))"
    case .folder(let error): error.description
    case .noTokenizerFile: "\(file): is missing; save the tokenizer with 'tokenizer.save_pretrained' of transformers"
    case .malformed(let what): "\(file): \(what)"
    case .unsupportedPart(let part, let name):
      "\(file): the \(part) \(quoted(name)) is not known, and guessing would change every result"
    case .emptyVocabulary: "\(file): the vocabulary has no tokens; is this file a model?"
    case .wrongCount(let key, let expected, let actual):
      "\(file): metadata key \(quoted(key)) has \(actual) elements but the vocabulary has \(expected)"
    case .malformedMerge(let index, let text):
      "\(file): merge \(index) is \(quoted(text)), not two symbols separated by a space"
    case .oversizedToken(let id, let bytes): "\(file): token \(id) has \(bytes) bytes; is the file damaged?"
    case .tokenOutOfRange(let key, let id, let count):
      "\(file): metadata key \(quoted(key)) names token \(id) but the vocabulary has \(count)"
    }
  }
}
