import Analysis
import ArgumentParser
import Foundation
import Statistics

/// Searches releases or commits for the first bad one, asking a command about each.
struct BisectJob {
  let range: String
  let command: [String]
  let baselines: String
  let suite: String?

  /// What is searched, the good end first.
  private enum Candidates {
    case releases([Release], BaselineStore)
    case commits([String])

    var count: Int {
      switch self {
      case .releases(let releases, _): releases.count
      case .commits(let commits): commits.count
      }
    }

    func name(_ index: Int) -> String {
      switch self {
      case .releases(let releases, _): releases[index].name
      case .commits(let commits): String(commits[index].prefix(12))
      }
    }
  }

  /// - Throws: ``AssayError``; exit code 3 when skipped candidates leave several suspects.
  func run() throws {
    guard let dots = range.range(of: ".."), dots.lowerBound > range.startIndex, dots.upperBound < range.endIndex else {
      throw ValidationError("--bisect is '\(range)', expected GOOD..BAD")
    }
    let (good, bad) = (String(range[..<dots.lowerBound]), String(range[dots.upperBound...]))
    let candidates = try releases(good, bad) ?? commits(good, bad)
    guard var search = Bisection(count: candidates.count) else {
      throw AssayError("\(range): nothing lies between; the good end must come before the bad one")
    }
    while let index = search.next {
      let verdict = try judge(candidates, index)
      search.record(verdict, of: index)
      try Terminal.result("\(candidates.name(index)): \(verdict.rawValue)")
    }
    let suspects = search.suspects.map(candidates.name)
    guard suspects.count == 1 else {
      try Terminal.result("The first bad one is among \(suspects.joined(separator: ", ")).")
      throw ExitStatus.inconclusive.code
    }
    try Terminal.result("\(suspects[0]) is the first bad one; \(candidates.name(search.good)) is good.")
  }

  /// - Returns: `nil` unless both ends are blessed.
  private func releases(_ good: String, _ bad: String) throws -> Candidates? {
    guard let store = try? BaselineStore(folder: baselines, suite: suite), let all = try? store.all(),
      let first = all.firstIndex(where: { $0.name == good }), let last = all.firstIndex(where: { $0.name == bad })
    else { return nil }
    guard first < last else { throw AssayError("\(range): '\(good)' was not blessed before '\(bad)'") }
    return .releases(Array(all[first...last]), store)
  }

  private func commits(_ good: String, _ bad: String) throws -> Candidates {
    guard !good.hasPrefix("-"), !bad.hasPrefix("-") else { throw AssayError("\(range): is no range of commits") }
    let failure = AssayError(
      "\(range): is neither a range of blessed releases nor of git commits; 'assay baseline list' shows the releases")
    let first = try git(["rev-parse", "--verify", "--quiet", good + "^{commit}"], or: failure)
    let between = try git(["rev-list", "--reverse", "--ancestry-path", "\(good)..\(bad)", "--"], or: failure)
    return .commits(
      [first.trimmingCharacters(in: .whitespacesAndNewlines)] + between.split(separator: "\n").map(String.init))
  }

  private func judge(_ candidates: Candidates, _ index: Int) throws -> Bisection.Verdict {
    switch candidates {
    case .releases(let releases, let store):
      let name = releases[index].name
      return try verdict(["ASSAY_RELEASE": name, "ASSAY_BASELINE": store.path(name)], in: nil)
    case .commits(let commits):
      let folder = FileManager.default.temporaryDirectory.appending(path: "assay-bisect-\(UUID().uuidString)").path()
      let failure = AssayError("\(folder): git cannot check out \(commits[index]) there; see 'git worktree'")
      _ = try git(["worktree", "add", "--detach", "--quiet", folder, commits[index]], or: failure)
      defer { _ = try? git(["worktree", "remove", "--force", folder], or: failure) }
      return try verdict(["ASSAY_RELEASE": commits[index]], in: folder)
    }
  }

  private func verdict(_ environment: [String: String], in folder: String?) throws -> Bisection.Verdict {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    // Results go to stdout; what the command says must not mix with them.
    process.standardOutput = FileHandle.standardError
    do {
      try process.run()
    } catch {
      throw AssayError("'\(command[0])' cannot be run; check that it is there and executable")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus < 126 else {
      throw AssayError(
        "'\(command[0])' ended with \(process.terminationStatus), so nothing can be told; expected 0 for good, 1 to 124 for bad, 3 or 125 to skip"
      )
    }
    switch process.terminationStatus {
    case 0: return .good
    case ExitStatus.inconclusive.rawValue, 125: return .skipped
    default: return .bad
    }
  }

  private func git(_ arguments: [String], or failure: AssayError) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw failure }
      return String(decoding: output, as: UTF8.self)
    } catch {
      throw failure
    }
  }
}
