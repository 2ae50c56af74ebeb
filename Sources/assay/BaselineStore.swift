import Analysis
import Foundation

/// The blessed releases of one suite: `baselines/<suite>/<release>.json`, files in git and nothing else.
struct BaselineStore {
  static let defaultFolder = "baselines"
  let folder: String
  let suite: String

  /// - Parameter suite: `nil` for the only suite in the folder.
  /// - Throws: ``AssayError`` when there is not exactly one, or for a name that is no file name.
  init(folder: String, suite: String?) throws {
    self.folder = folder
    if let suite {
      self.suite = try Self.checked(suite, "suite")
      return
    }
    let suites = Self.entries(folder).filter {
      !Self.entries("\(folder)/\($0)").filter { $0.hasSuffix(".json") }.isEmpty
    }
    guard let only = suites.first, suites.count == 1 else {
      throw AssayError(
        suites.isEmpty
          ? "\(folder): has no blessed release; make one with 'assay baseline save NAME REPORTS'"
          : "\(folder): has the suites \(suites.joined(separator: ", ")); choose one with --suite")
    }
    self.suite = only
  }

  /// A name that is safe as a file name.
  static func checked(_ name: String, _ what: String) throws -> String {
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
        || "._-+ ".unicodeScalars.contains($0)
    }
    guard isPlain, !name.isEmpty, name.count <= 80, !name.hasPrefix("."), !name.hasPrefix("-") else {
      throw AssayError(
        "the name of the \(what) is '\(name.excerpt(40))', expected at most 80 letters, digits, '.', '_', '-' and '+'")
    }
    return name
  }

  func path(_ release: String) -> String { "\(folder)/\(suite)/\(release).json" }

  /// All releases, oldest first.
  func all() throws -> [Release] {
    let files = Self.entries("\(folder)/\(suite)").filter { $0.hasSuffix(".json") }
    guard !files.isEmpty else {
      throw AssayError(
        "\(folder)/\(suite): has no blessed release; make one with 'assay baseline save NAME REPORTS --suite \(suite)'")
    }
    return Release.inOrder(try files.map { try Self.read("\(folder)/\(suite)/\($0)") })
  }

  /// A blessed release by name, by the path of its file, or the newest.
  func release(_ name: String) throws -> Release {
    if name == "newest" { return try all().last! }
    if name.hasSuffix(".json"), Files.exists(name) { return try Self.read(name) }
    let name = try Self.checked(name, "release")
    guard Files.exists(path(name)) else {
      let known = try all().map(\.name)
      throw AssayError("\(path(name)): no such release; there are \(known.joined(separator: ", "))")
    }
    return try Self.read(path(name))
  }

  static func read(_ path: String) throws -> Release {
    do {
      return try Release(parsing: Files.read(path), label: path)
    } catch let error as RecordError {
      throw AssayError("\(error)")
    }
  }

  private static func entries(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
