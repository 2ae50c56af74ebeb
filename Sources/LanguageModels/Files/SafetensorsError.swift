package import Tensors

/// Why a safetensors file cannot be used, and which file it was.
package struct SafetensorsError: Error, Equatable {
  package let file: String
  package let problem: Problem

  package enum Problem: Error, Equatable, Sendable {
    case unreadable(MappedFileError)
    case truncated(needed: Int, available: Int)
    case longHeader(UInt64)
    case header(JSONError)
    case malformedEntry(tensor: String)
    case unknownType(tensor: String, type: String)
    case wrongSize(tensor: String, shape: [Int], bytes: Int)
    case pastEnd(tensor: String, offset: Int, available: Int)
    case notContiguous(tensor: String, expected: Int, actual: Int)
    case trailingBytes(Int)
  }
}

extension SafetensorsError: CustomStringConvertible {
  package var description: String {
    // The file reader's own errors name the file themselves.
    if case .unreadable(let error) = problem { return error.description }
    return "\(file): \(problem.sentence)"
  }
}

extension SafetensorsError.Problem {
  fileprivate var sentence: String {
    switch self {
    case .unreadable(let error): error.description
    case .truncated(let needed, let available):
      "is shorter than its header says (\(needed) bytes needed, \(available) there); is the download complete?"
    case .longHeader(let length):
      "begins with the header length \(length), beyond the limit of the format; is it a safetensors file?"
    case .header(let error): "the header \(error); is it a safetensors file?"
    case .malformedEntry(let tensor):
      "tensor \(quoted(tensor)) needs a 'dtype', a 'shape' of up to 8 whole numbers and two 'data_offsets'"
    case .unknownType(let tensor, let type):
      "tensor \(quoted(tensor)) has the type \(quoted(type)); known are "
        + ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .wrongSize(let tensor, let shape, let bytes):
      "tensor \(quoted(tensor)) has \(bytes) bytes, not those of the shape \(shape)"
    case .pastEnd(let tensor, let offset, let available):
      "tensor \(quoted(tensor)) ends at data offset \(offset) but the file has \(available) bytes of data; "
        + "is the download complete?"
    case .notContiguous(let tensor, let expected, let actual):
      "tensor \(quoted(tensor)) begins at data offset \(actual), expected \(expected): tensors may not overlap or leave gaps"
    case .trailingBytes(let count): "has \(count) bytes after the last tensor, which belong to none"
    }
  }
}
