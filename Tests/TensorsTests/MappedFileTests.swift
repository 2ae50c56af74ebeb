import Foundation
import Tensors
import Testing

@Suite struct `Mapped files` {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "assay-mapped-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func write(_ bytes: [UInt8]) throws -> String {
    let url = directory.appending(path: "file")
    try Data(bytes).write(to: url)
    return url.path
  }

  @Test func `integers are little-endian at any offset`() throws {
    let file = try MappedFile(path: write([9, 0x78, 0x56, 0x34, 0x12, 0xff, 0xff]))
    #expect(file.byteCount == 7)
    #expect(try file.load(UInt32.self, at: 1) == 0x1234_5678)
    #expect(try file.load(Int16.self, at: 5) == -1)
    #expect(try file.loadArray(of: UInt16.self, count: 2, at: 1) == [0x5678, 0x1234])
    #expect(file.withBytes(in: 1..<3) { Array($0) } == [0x78, 0x56])
  }

  @Test func `reading past the end names the place`() throws {
    let file = MappedFile(bytes: [1, 2, 3], name: "memory")
    #expect(throws: MappedFileError.outOfBounds(offset: 1, needed: 4, available: 2)) {
      try file.load(UInt32.self, at: 1)
    }
    #expect(throws: MappedFileError.outOfBounds(offset: 9, needed: 1, available: 0)) {
      try file.load(UInt8.self, at: 9)
    }
    #expect(throws: MappedFileError.outOfBounds(offset: -1, needed: 1, available: 3)) {
      try file.load(UInt8.self, at: -1)
    }
    #expect(throws: MappedFileError.outOfBounds(offset: 0, needed: .max, available: 3)) {
      try file.loadArray(of: UInt64.self, count: .max / 2, at: 0)
    }
    #expect(throws: MappedFileError.self) { try file.range(at: .max, count: .max) }
    #expect(throws: MappedFileError.self) { try file.loadArray(of: UInt8.self, count: -1, at: 0) }
  }

  @Test func `an empty file has no bytes`() throws {
    let file = try MappedFile(path: write([]))
    #expect(file.byteCount == 0)
    #expect(file.string(in: 0..<0) == "")
    #expect(throws: MappedFileError.self) { try file.load(UInt8.self, at: 0) }
  }

  @Test func `text must be UTF-8`() {
    let file = MappedFile(bytes: [0xe2, 0x82, 0xac, 0xff], name: "memory")
    #expect(file.string(in: 0..<3) == "€")
    #expect(file.string(in: 0..<4) == nil)
    #expect(file.string(in: 1..<3) == nil)
  }

  @Test func `a directory, a missing file and a pipe are refused`() throws {
    #expect(throws: MappedFileError.isDirectory(path: directory.path)) { try MappedFile(path: directory.path) }
    let missing = directory.appending(path: "missing").path
    #expect(throws: MappedFileError.cannotOpen(path: missing, reason: "No such file or directory")) {
      try MappedFile(path: missing)
    }
    let pipe = directory.appending(path: "pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: MappedFileError.notRegularFile(path: pipe)) { try MappedFile(path: pipe) }
  }
}
