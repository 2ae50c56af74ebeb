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

  /// The whole file; a pipe to its end.
  static func read(_ path: String) throws -> [UInt8] {
    try checkReadable(path)
    guard let handle = FileHandle(forReadingAtPath: path),
      let data = try? handle.readToEnd() ?? Data()
    else {
      throw AssayError("\(path): cannot be read; check its permissions")
    }
    return [UInt8](data)
  }

  /// Writes all files, or none: they get their names when all of them are on disk.
  static func write(_ files: [(path: String, text: String)]) throws {
    var written: [String] = []
    for (path, text) in files {
      written.append(partial(path))
      do {
        try Data(text.utf8).write(to: URL(filePath: partial(path)))
      } catch {
        for file in written { _ = unsafe unlink(file) }
        throw unwritable(path)
      }
    }
    for (path, _) in files where unsafe rename(partial(path), path) != 0 { throw unwritable(path) }
  }

  /// Where a file is written until it is complete.
  static func partial(_ path: String) -> String { path + ".partial" }

  static func unwritable(_ path: String) -> AssayError {
    AssayError(
      "\(path): cannot be written; check that the folder exists, is writable and has space")
  }

  /// Opens the partial file of `path`, for reading and writing, and keeps other processes from doing so.
  /// - Returns: a descriptor; closing it gives the file free.
  static func openPartial(of path: String) throws -> Int32 {
    while true {
      let descriptor = unsafe open(partial(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw unwritable(path) }
      // A file system without locks is no reason to stop.
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        close(descriptor)
        throw AssayError(
          "\(path): is being written by another process; wait for it, or choose another output")
      }
      var (opened, named) = (stat(), stat())
      let isThere = unsafe fstat(descriptor, &opened) == 0 && stat(partial(path), &named) == 0
      if isThere, opened.st_dev == named.st_dev, opened.st_ino == named.st_ino { return descriptor }
      // The other process has just finished: what is open here has its final name by now and must not be touched.
      close(descriptor)
    }
  }

  /// Makes a folder and proves that files can be written there, before any work is done for them.
  static func makeFolder(_ path: String) throws {
    guard !path.isEmpty else { throw AssayError("--output is empty; give it a folder") }
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
      throw AssayError(
        "\(folder): files cannot be written there; check that it exists and is writable")
    }
    try? FileManager.default.removeItem(atPath: probe)
  }

  /// A file can be put where `path` says: nothing is there, or a file, which is not a link to something else.
  static func checkReplaceable(_ path: String) throws {
    guard !path.isEmpty else {
      throw AssayError("--output is empty; give it the path of a file to write")
    }
    var status = stat()
    let isThere = unsafe lstat(path, &status) == 0
    let kind = isThere ? status.st_mode & S_IFMT : S_IFREG
    if kind == S_IFDIR || path.hasSuffix("/") {
      throw AssayError("\(path): is a folder, expected the path of a file to write")
    }
    guard kind == S_IFREG else {
      throw AssayError(
        "\(path): is a link, a device or a pipe, expected the path of a file to write")
    }
  }

  /// Whether two paths lead to one file.
  static func isSame(_ path: String, _ other: String) -> Bool {
    var (one, two) = (stat(), stat())
    guard unsafe stat(path, &one) == 0, unsafe stat(other, &two) == 0 else { return false }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// A file that keeps what is written, in contrast to folders, devices and pipes.
  static func isRegular(_ path: String) -> Bool {
    let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return type == .typeRegular
  }

  /// A path beside another file, unless it is absolute.
  static func resolve(_ path: String, besides file: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = URL(filePath: file).deletingLastPathComponent().relativePath
    return folder == "." ? path : folder + "/" + path
  }

  static func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }
  static func folder(of path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().relativePath
  }
}
