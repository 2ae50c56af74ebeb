import Analysis
import ArgumentParser
import Foundation
import LanguageModels

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Checks that this machine computes what Assay promises: batch-invariant FP32 and exact INT8.",
    discussion: """
      Examples:
        assay doctor
        OPENBLAS_CORETYPE=Haswell assay doctor        another kernel of OpenBLAS, when the default one is at fault
      """)

  @OptionGroup var report: OutputOptions

  func run() throws {
    let check = EngineCheck()
    let digest = check.integerAccumulators.reduce(into: SHA256()) { hash, value in
      hash.update((0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
    let facts = [
      Fact("blas_core", check.core),
      Fact("blas", check.configuration.trimmingCharacters(in: .whitespaces)),
      Fact("cores", ProcessInfo.processInfo.activeProcessorCount),
      Fact("memory_bytes", Int(clamping: ProcessInfo.processInfo.physicalMemory)),
      Fact("fp32", check.kernels ?? "no batch-invariant tile"),
      Fact("int8", check.isIntegerExact ? "exact" : "not exact"),
      Fact("int8_digest", digest.finish().description),
    ]
    try Fact.show(facts, json: report.json)
    guard check.kernels != nil, check.isIntegerExact else {
      throw AssayError(
        "OpenBLAS kernel '\(check.core)' cannot be trusted here; try OPENBLAS_CORETYPE=Haswell or another version"
      )
    }
  }
}
