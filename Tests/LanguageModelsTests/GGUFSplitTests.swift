import Foundation
import LanguageModels
import Tensors
import Testing

@Suite final class `Split GGUF files` {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "assay-split-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private func path(_ number: Int, of count: Int = 3) -> String {
    directory.appending(path: "model-0000\(number)-of-0000\(count).gguf").path
  }

  /// Writes part `number`, which holds one tensor of three elements, all equal to `number`.
  private func write(_ number: Int, to path: String? = nil, tensor: String? = nil, total: Int = 3) throws {
    var writer = GGUFWriter()
    if number == 1 { writer.set("general.name", .string("split")) }
    writer.set("split.no", .uint16(UInt16(number - 1)))
    writer.set("split.count", .uint16(3))
    writer.set("split.tensors.count", .int32(Int32(total)))
    writer.add(tensor ?? "t\(number)", dimensions: [3], type: GGMLType(.f32))
    var bytes: [UInt8] = []
    let value = Float(number).bitPattern
    writer.write(
      to: { bytes += $0 }, data: { _ in (0..<12).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * ($0 % 4))) } })
    try Data(bytes).write(to: URL(filePath: path ?? self.path(number)))
  }

  private func problem() -> GGUFError? {
    do throws(GGUFError) {
      _ = try GGUFFile(path: path(1))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: 1...3) func `any part opens all of them`(named: Int) throws {
    for number in 1...3 { try write(number) }
    let file = try GGUFFile(path: path(named))
    #expect(file.path == path(1))
    #expect(try file.metadata.string("general.name") == "split")
    #expect(file.tensors.map(\.name) == ["t1", "t2", "t3"])
    for number in 1...3 {
      let tensor = try #require(file.tensor(named: "t\(number)"))
      #expect(try file.decode(tensor) == [Float](repeating: Float(number), count: 3))
    }
  }

  @Test func `a missing part is named`() throws {
    try write(1)
    try write(3)
    #expect(problem() == GGUFError(file: path(1), problem: .missingPart(number: 2, of: 3, path: path(2))))
  }

  @Test func `a part in the wrong place is named`() throws {
    try write(1)
    try write(3, to: path(2))
    try write(3)
    #expect(problem() == GGUFError(file: path(2), problem: .wrongPart(expected: 2, of: 3, actual: 3)))
  }

  @Test func `a renamed part is refused`() throws {
    let other = directory.appending(path: "model.gguf").path
    try write(1, to: other)
    #expect(throws: GGUFError(file: other, problem: .badPartName(count: 3))) { try GGUFFile(path: other) }
  }

  @Test func `tensors must be as many as announced, and distinct`() throws {
    for number in 1...3 { try write(number, total: 4) }
    #expect(problem()?.problem == .wrongTensorTotal(expected: 4, actual: 3))
    try write(3, tensor: "t1", total: 4)
    #expect(problem() == GGUFError(file: path(3), problem: .duplicateTensor("t1")))
  }

  @Test func `a path that is no file is an error that names it`() {
    #expect {
      try GGUFFile(path: directory.path)
    } throws: {
      ($0 as? GGUFError)?.description == "\(directory.path): is a directory; name the file inside it"
    }
  }
}
