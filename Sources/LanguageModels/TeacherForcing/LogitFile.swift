package import Tensors

/// A `_logits_` file of llama.cpp: the tokens of a text in windows, and the log-probabilities at the second half of each.
///
/// Little-endian: `_logits_`, i32 window length, i32 vocabulary, i32 windows, i32 tokens[windows · length], then for each
/// window and scored position a row of ``LogProbabilityCode``. Source: llama.cpp 050fc7f, `tools/perplexity`.
package final class LogitFile: LogitSource {
  package let contextLength: Int
  package let vocabularySize: Int
  package let windowCount: Int
  /// As in the text: the beginning-of-text token is not put in.
  package let tokens: [TokenID]
  private let file: MappedFile
  private let pool: WorkerPool
  private let rowsOffset: Int
  private var current: TextWindow?

  static let magic = Array("_logits_".utf8)
  private static let headerSize = 20
  /// Longest window and largest vocabulary that are plausible.
  private static let limit = 1 << 24

  /// Whether a file begins like one.
  package static func isLogitFile(_ file: MappedFile) -> Bool { file.prefix(8) == magic }

  /// Checks every size against the file's before anything is allocated.
  /// - Throws: ``LogitFileError``.
  package init(_ file: MappedFile, pool: WorkerPool) throws(LogitFileError) {
    guard Self.isLogitFile(file) else { throw .notLogits }
    self.file = file
    self.pool = pool
    var numbers: [Int] = []
    for (index, name) in ["window length", "vocabulary size", "number of windows"].enumerated() {
      guard let value = try? file.load(Int32.self, at: 8 + 4 * index) else {
        throw .truncated(needed: Self.headerSize, actual: file.byteCount)
      }
      guard value >= (index == 0 ? 4 : 1), value <= Self.limit else { throw .implausible(name, value: Int(value)) }
      numbers.append(Int(value))
    }
    (contextLength, vocabularySize, windowCount) = (numbers[0], numbers[1], numbers[2])
    // Below 2^24 each, so no product of two overflows.
    let tokenCount = contextLength * windowCount
    let rows = windowCount * (contextLength - 1 - contextLength / 2)
    rowsOffset = Self.headerSize + 4 * tokenCount
    let (bytes, overflow) = rows.multipliedReportingOverflow(
      by: LogProbabilityCode.byteCount(entries: vocabularySize))
    let (needed, overflows) = bytes.addingReportingOverflow(rowsOffset)
    guard !overflow, !overflows, needed <= file.byteCount else {
      throw .truncated(needed: overflow || overflows ? .max : needed, actual: file.byteCount)
    }
    guard needed == file.byteCount else { throw .trailing(expected: needed, actual: file.byteCount) }
    guard let tokens = try? file.loadArray(of: Int32.self, count: tokenCount, at: Self.headerSize) else {
      throw .truncated(needed: needed, actual: file.byteCount)
    }
    let vocabulary = numbers[1]
    if let token = tokens.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw .tokenOutsideVocabulary(token, vocabulary: vocabulary)
    }
    self.tokens = tokens
  }

  package func read(_ window: TextWindow) { current = window }

  package func logits(_ range: Range<Int>) -> LogitBlock {
    guard let window = current else { preconditionFailure("a window is read first") }
    let rows = contextLength - 1 - contextLength / 2
    precondition(window.index < windowCount && range.upperBound <= rows, "positions of the file")
    let size = LogProbabilityCode.byteCount(entries: vocabularySize)
    let start = rowsOffset + (window.index * rows + range.lowerBound) * size
    return unsafe file.withBytes(in: start..<start + range.count * size) { bytes in
      unsafe LogProbabilityCode.decode(
        bytes, entries: vocabularySize, targets: Array(window.targets[range]), pool: pool)
    }
  }

  /// The bytes before the rows of a file about these tokens.
  package static func header(contextLength: Int, vocabulary: Int, windows: Int, tokens: [TokenID]) -> [UInt8] {
    precondition(tokens.count == contextLength * windows, "whole windows")
    let numbers = [Int32(contextLength), Int32(vocabulary), Int32(windows)] + tokens
    return magic + numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
  }

  /// The rows of a block of positions.
  package static func rows(_ block: LogitBlock, pool: WorkerPool) -> [UInt8] {
    LogProbabilityCode.encode(block, pool: pool)
  }
}

/// Why a `_logits_` file was refused.
package enum LogitFileError: Error, Hashable {
  case notLogits
  case implausible(String, value: Int)
  case truncated(needed: Int, actual: Int)
  case trailing(expected: Int, actual: Int)
  case tokenOutsideVocabulary(TokenID, vocabulary: Int)
}

extension LogitFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notLogits: "is not a '_logits_' file; expected one that 'llama-perplexity' or 'assay perplexity' saved"
    case .implausible(let name, let value): "the \(name) is \(value), which cannot be; the file is damaged"
    case .truncated(let needed, let actual):
      needed == .max
        ? "the header promises more than any file holds; it is damaged"
        : "has \(actual) bytes but its header promises \(needed); was it saved to the end?"
    case .trailing(let expected, let actual): "has \(actual) bytes but its header promises \(expected); it is damaged"
    case .tokenOutsideVocabulary(let token, let vocabulary):
      "holds the token \(token), outside its vocabulary of \(vocabulary); it is damaged"
    }
  }
}
