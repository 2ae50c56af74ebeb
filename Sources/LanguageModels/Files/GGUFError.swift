package import Tensors

/// Why a GGUF file cannot be used, and which file it was.
package struct GGUFError: Error, Equatable {
  package let file: String
  package let problem: Problem

  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  package enum Problem: Equatable, Sendable {
    case unreadable(MappedFileError)
    case wrongMagic(found: [UInt8])
    case bigEndian
    case unsupportedVersion(UInt32)
    case truncated(reading: String, offset: Int, needed: Int, available: Int)
    case absurdCount(of: String, offset: Int, count: UInt64, limit: Int)
    case invalidUTF8(reading: String, offset: Int)
    case unknownValueType(key: String, id: UInt32, offset: Int)
    case nestedTooDeeply(key: String, offset: Int)
    case duplicateKey(String, offset: Int)
    case wrongValueType(key: String, expected: String, actual: String)
    case missingKey(String)
    case badAlignment(UInt64)

    case tooManyDimensions(tensor: String, count: UInt32, offset: Int)
    case shapeOverflow(tensor: String, dimensions: [UInt64])
    case partialBlock(tensor: String, rowLength: Int, type: String, blockElements: Int)
    case misaligned(tensor: String, offset: UInt64, alignment: Int)
    case pastEnd(tensor: String, offset: UInt64, needed: Int, fileBytes: Int)
    case duplicateTensor(String)
    case unsupportedType(tensor: String, type: String)

    case badPartName(count: Int)
    case badPartCount(Int)
    case missingPart(number: Int, of: Int, path: String)
    case wrongPart(expected: Int, of: Int, actual: Int?)
    case wrongTensorTotal(expected: Int, actual: Int)
  }
}

extension GGUFError: CustomStringConvertible {
  package var description: String {
    // The file reader's own errors name the file themselves.
    if case .unreadable(let error) = problem { return error.description }
    return "\(file): \(problem.sentence)"
  }
}

extension GGUFError.Problem {
  fileprivate var sentence: String {
    switch self {
    case .unreadable(let error): error.description
    case .wrongMagic(let found):
      "does not begin with 'GGUF' but with \(found.isEmpty ? "nothing" : "bytes \(found)"); is it a model in GGUF format?"
    case .bigEndian: "is a big-endian GGUF file; convert it to little-endian first"
    case .unsupportedVersion(let version): "has GGUF version \(version); versions 2 and 3 can be read"
    case .truncated(let what, let offset, let needed, let available):
      "\(what) needs \(needed) bytes at offset \(offset) but only \(available) follow; is the download complete?"
    case .absurdCount(let what, let offset, let count, let limit):
      "the number of \(what) at offset \(offset) is \(count), but the rest of the file has room for \(limit) at most"
    case .invalidUTF8(let what, let offset): "\(what) at offset \(offset) is not UTF-8 text"
    case .unknownValueType(let key, let id, let offset):
      "metadata key \(quoted(key)) has the unknown value type \(id) at offset \(offset)"
    case .nestedTooDeeply(let key, let offset):
      "metadata key \(quoted(key)) nests arrays more than \(GGUFReader.deepestNesting) deep at offset \(offset)"
    case .duplicateKey(let key, let offset): "metadata key \(quoted(key)) appears a second time at offset \(offset)"
    case .wrongValueType(let key, let expected, let actual):
      "metadata key \(quoted(key)) must be \(expected) but is \(actual)"
    case .missingKey(let key): "metadata key \(quoted(key)) is missing; was the model converted by an old tool?"
    case .badAlignment(let value): "general.alignment is \(value) but must be a power of two up to 2^30"
    default: tensorSentence
    }
  }

  private var tensorSentence: String {
    switch self {
    case .tooManyDimensions(let tensor, let count, let offset):
      "tensor \(quoted(tensor)) has \(count) dimensions at offset \(offset); at most 4 are allowed"
    case .shapeOverflow(let tensor, let dimensions):
      "tensor \(quoted(tensor)) has impossible dimensions \(dimensions)"
    case .partialBlock(let tensor, let rowLength, let type, let blockElements):
      "tensor \(quoted(tensor)) has rows of \(rowLength) elements, not a multiple of the \(blockElements) in a \(type) block"
    case .misaligned(let tensor, let offset, let alignment):
      "tensor \(quoted(tensor)) has the data offset \(offset), not a multiple of the alignment \(alignment)"
    case .pastEnd(let tensor, let offset, let needed, let fileBytes):
      "tensor \(quoted(tensor)) needs \(needed) bytes at data offset \(offset) but the file ends after \(fileBytes) bytes; "
        + "is the download complete?"
    case .duplicateTensor(let name): "tensor \(quoted(name)) appears twice"
    case .unsupportedType(let tensor, let type):
      "tensor \(quoted(tensor)) has type \(type), which Assay cannot decode; use a K-quant, legacy or float version of the model"
    default: partSentence
    }
  }

  private var partSentence: String {
    switch self {
    case .badPartName(let count):
      "is one of \(count) parts but its name does not end in -00001-of-0000N.gguf; give the parts their original names"
    case .badPartCount(let count): "says that it has \(count) parts"
    case .missingPart(let number, let count, let path): "part \(number) of \(count) is missing: \(path)"
    case .wrongPart(let expected, let count, let actual):
      "should be part \(expected) of \(count) but says it is \(actual.map { "part \($0)" } ?? "no part")"
    case .wrongTensorTotal(let expected, let actual):
      "the parts hold \(actual) tensors but split.tensors.count is \(expected); are they of the same model?"
    default: preconditionFailure("every problem has a sentence")
    }
  }
}
