import Foundation
import Testing

/// The promises that hold on every BLAS kernel, checked on every one that this CPU can run.
@Suite struct DoctorTests {
  struct Answer: Decodable {
    let blas_core, tile, int8, int8_digest: String
  }

  /// What `assay doctor` says under another kernel of OpenBLAS.
  static func answer(core: String) throws -> Answer {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = TranscriptTests.environment.merging(["OPENBLAS_CORETYPE": core]) { $1 }
    let result = try CommandResult("assay doctor --json", in: folder, environment: environment)
    return try JSONDecoder().decode(Answer.self, from: Data(result.lines.joined(separator: "\n").utf8))
  }

  /// OpenBLAS refuses a kernel that the CPU lacks by itself and says so, so that one is not counted.
  static let cores: [String] = {
    let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    return ["Nehalem", "Sandybridge"] + (flags.contains(" avx2 ") ? ["Haswell", "Zen"] : [])
      + (flags.contains(" avx512vl ") ? ["SkylakeX"] : [])
  }()

  @Test(arguments: cores)
  func `INT8 accumulators and the tile rule hold on every kernel`(core: String) throws {
    let answer = try Self.answer(core: core)
    #expect(answer.blas_core == core)
    #expect(answer.int8 == "exact")
    #expect(answer.int8_digest == "37f1933db0c269b1594733b8de4a84836ebbf9f5b935d26937ff19c643fee254")
    #expect(answer.tile.hasSuffix("batch-invariant"))
  }
}
