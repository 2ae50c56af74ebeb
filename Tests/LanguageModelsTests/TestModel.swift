import Foundation
import LanguageModels
import Testing

/// The real model of the tests: SmolLM2-135M-Instruct, Q4_1.
///
/// `ASSAY_TEST_MODEL` names it, or it lies in `.models/` of the package, where `scripts/test` puts it.
enum TestModel {
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["ASSAY_TEST_MODEL"] { return path }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return package.appending(path: ".models/SmolLM2-135M-Instruct.Q4_1.gguf").path
  }()

  /// The opened file; the test fails when it is not there.
  static func open() throws -> GGUFFile {
    try #require(
      FileManager.default.fileExists(atPath: path),
      "the test model is not at \(path): run scripts/test, which downloads it, or set ASSAY_TEST_MODEL")
    return try GGUFFile(path: path)
  }
}

/// A file of `Fixtures`.
func fixture(_ name: String) throws -> [UInt8] {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil), "\(name)")
  return [UInt8](try Data(contentsOf: url))
}

/// The lines of a JSON Lines file of `Fixtures`, decoded.
func fixtureRows<Row: Decodable>(_ name: String, as _: Row.Type) throws -> [Row] {
  try fixture(name).split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Row.self, from: Data($0)) }
}
