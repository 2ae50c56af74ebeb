import Tensors

/// Split files: `model-00001-of-00003.gguf` and so on, whose metadata holds `split.no` (from 0) and `split.count`.
///
/// Source: llama.cpp `llama_split_path`, `gguf-split`.
extension GGUFFile {
  /// Opens every part of the file that `named` is a part of.
  static func allParts(of count: Int, named: GGUFPart) throws(GGUFError) -> [GGUFPart] {
    let path = named.file.path
    // Five digits name a part, and the count must be believed before it is looped over.
    guard count <= 99_999 else { throw GGUFError(file: path, problem: .badPartCount(count)) }
    guard let number = try named.metadata.unsignedInteger("split.no"),
      let prefix = prefix(of: path, number: number, count: count)
    else { throw GGUFError(file: path, problem: .badPartName(count: count)) }

    var parts: [GGUFPart] = []
    for index in 0..<count { parts.append(try part(index, of: count, prefix: prefix)) }
    return parts
  }

  private static func part(_ index: Int, of count: Int, prefix: String) throws(GGUFError) -> GGUFPart {
    let path = prefix + suffix(index, count)
    let file: MappedFile
    do {
      file = try map(path)
    } catch {
      guard case .unreadable(.cannotOpen) = error.problem else { throw error }
      let first = prefix + suffix(0, count)
      throw GGUFError(file: first, problem: .missingPart(number: index + 1, of: count, path: path))
    }
    let part = try GGUFPart(file, index: index)
    let actualNumber = try part.metadata.unsignedInteger("split.no")
    let actualCount = try part.metadata.unsignedInteger("split.count")
    guard actualNumber == index, actualCount == count else {
      throw GGUFError(
        file: path, problem: .wrongPart(expected: index + 1, of: count, actual: actualNumber.map { $0 &+ 1 }))
    }
    return part
  }

  /// What precedes `-00001-of-00003.gguf`; `nil` when the name does not end so.
  private static func prefix(of path: String, number: Int, count: Int) -> String? {
    guard number < count else { return nil }
    let suffix = suffix(number, count)
    return path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : nil
  }

  private static func suffix(_ index: Int, _ count: Int) -> String {
    "-\(fiveDigits(index + 1))-of-\(fiveDigits(count)).gguf"
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
