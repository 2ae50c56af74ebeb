import Foundation
import Testing

/// The memory that is stated before a run is what the run takes.
@Suite(.serialized) struct MemoryTests {
  static let prompts = TranscriptTests.root.appending(path: "suites/demo/prompts.jsonl").path()
  static let calibration = TranscriptTests.root.appending(path: "suites/demo/calibration.jsonl").path()

  /// The most memory a command had in use (VmHWM), looked at until it ends.
  static func peak(of arguments: [String]) throws -> Int {
    let process = Process()
    process.executableURL = TranscriptTests.products.appending(path: "assay")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var peak = 0
    while process.isRunning {
      let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
      if let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = Int(line.split(separator: " ").dropFirst().first ?? "")
      {
        peak = max(peak, kilobytes << 10)
      }
      usleep(5000)
    }
    #expect(process.terminationStatus == 0)
    return peak
  }

  @Test(arguments: [
    ("fp32", 32), ("fp16", 8), ("int8", 32), ("fp32:kv=int4", 40), ("int8:smoothquant=0.5", 4),
    ("int8:outliers=6.0", 8),
  ])
  func `the stated peak is within 15 % of the measured one`(scheme: String, batch: Int) throws {
    let folder = try TranscriptTests.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let command = [
      "generate", "--model", TranscriptTests.model, "--prompts", Self.prompts, "--scheme", scheme, "--batch",
      "\(batch)", "--calibration", Self.calibration,
      "--max-tokens", "48", "--output", folder.appending(path: "run.jsonl").path(),
    ]
    let dry = try CommandResult(
      "assay " + (command + ["--dry-run", "--json"]).joined(separator: " "), in: folder,
      environment: TranscriptTests.environment)
    let plan = try #require(
      try JSONSerialization.jsonObject(with: Data(dry.lines.joined().utf8)) as? [String: Any])
    let stated = try #require(plan["memory_peak_bytes_\(scheme)"] as? Int)
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "run.jsonl").path()))
    let measured = try Self.peak(of: command)
    print("\(scheme), batch \(batch): stated \(stated >> 20) MiB, measured \(measured >> 20) MiB")
    #expect(abs(Double(stated) - Double(measured)) < 0.15 * Double(measured), "stated \(stated), measured \(measured)")
  }
}
