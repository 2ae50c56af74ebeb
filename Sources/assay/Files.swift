import Foundation

/// The only place where user-named files are opened.
enum Files {
  /// Refuses what is not there, and folders.
  static func checkReadable(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw AssayError("\(path): no such file")
    }
    guard !isDirectory.boolValue else { throw AssayError("\(path): is a folder, expected a file") }
  }

  /// The whole file.
  static func read(_ path: String) throws -> [UInt8] {
    try checkReadable(path)
    do {
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw AssayError("\(path): cannot be read; check its permissions")
    }
  }

  /// Writes a file whole or not at all.
  static func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw AssayError("\(path): cannot be written; check that the folder exists, is writable and has space")
    }
  }

  /// Makes a folder and proves that files can be written there, before any work is done for them.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw AssayError("\(path): the folder cannot be made; check the path and its permissions")
    }
    try checkWritable(folder: path)
  }

  static func checkWritable(folder: String) throws {
    let probe = folder + "/.assay-write-check-\(getpid())"
    guard FileManager.default.createFile(atPath: probe, contents: Data()) else {
      throw AssayError("\(folder): files cannot be written there; check that it exists and is writable")
    }
    try? FileManager.default.removeItem(atPath: probe)
  }

  /// A file can be put where `path` says: it is not a folder.
  static func checkReplaceable(_ path: String) throws {
    var isDirectory: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw AssayError("\(path): is a folder, expected the path of a file to write")
    }
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// A file that keeps what is written, in contrast to folders, devices and pipes.
  static func isRegular(_ path: String) -> Bool {
    let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return type == .typeRegular
  }

  static func size(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }

  /// A path beside another file, unless it is absolute.
  static func resolve(_ path: String, besides file: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = URL(filePath: file).deletingLastPathComponent().relativePath
    return folder == "." ? path : folder + "/" + path
  }

  static func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }
  static func folder(of path: String) -> String { URL(filePath: path).deletingLastPathComponent().relativePath }
}
