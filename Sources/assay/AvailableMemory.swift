import Foundation

/// How much memory this process may still take: what the machine can give, within the limits of its control groups.
enum AvailableMemory {
  /// In bytes; `nil` where the system does not say.
  static var bytes: Int? {
    let limits = [machine()] + groups().map(room)
    return limits.compactMap(\.self).min()
  }

  /// The most memory that this process has had, in MiB; `nil` where the system does not say.
  static var peakMebibytes: Double? { field("VmHWM:", of: "/proc/self/status").map { Double($0) / 1024 } }

  private static func machine() -> Int? {
    field("MemAvailable:", of: "/proc/meminfo").map { $0 << 10 }
  }

  /// Folders of the control groups that this process is in: version 2, version 1, and both as a container sees them.
  private static func groups() -> [String] {
    let own = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    return own.split(separator: "\n").flatMap { line -> [String] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      if parts[1].isEmpty { return ["/sys/fs/cgroup\(parts[2])", "/sys/fs/cgroup"] }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return ["/sys/fs/cgroup/memory\(parts[2])", "/sys/fs/cgroup/memory"]
    }
  }

  /// A group's limit less what its processes hold that cannot be dropped.
  private static func room(_ folder: String) -> Int? {
    guard let limit = number(folder + "/memory.max") ?? number(folder + "/memory.limit_in_bytes") else { return nil }
    let held = field("anon", of: folder + "/memory.stat") ?? field("total_rss", of: folder + "/memory.stat") ?? 0
    return max(0, limit - held)
  }

  private static func number(_ path: String) -> Int? {
    (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  private static func field(_ name: String, of path: String) -> Int? {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let words = text.split(separator: "\n").map { $0.split(separator: " ") }
    return words.first { $0.count > 1 && $0[0] == name }.flatMap { Int($0[1]) }
  }
}
