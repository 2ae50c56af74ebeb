import Analysis

/// What runs cost while they were made, by submission.
final class SpeedRecord {
  private(set) var speeds: [String: Release.Speed] = [:]

  /// - Parameter tokensPerSecond: `nil` when nothing was generated.
  func record(_ submission: String, tokensPerSecond: Double?) {
    guard let tokensPerSecond, let peak = AvailableMemory.peakMebibytes else { return }
    speeds[submission] = Release.Speed(
      tokensPerSecond: tokensPerSecond.rounded(decimals: 1), peakMebibytes: peak.rounded(decimals: 1))
  }

  private static func path(_ folder: String) -> String { "\(folder)/speed.json" }

  /// The file of a result folder that keeps them; none when nothing was measured.
  static func file(_ speeds: [String: Release.Speed], folder: String) -> [(path: String, text: String)] {
    guard !speeds.isEmpty else { return [] }
    let members = speeds.mapValues { speed in
      JSON.members([
        "tokens_per_second": .number(speed.tokensPerSecond), "peak_mib": .number(speed.peakMebibytes),
      ])
    }
    return [(path(folder), JSON.object(members).indentedText + "\n")]
  }

  /// What a result folder says; nothing when it has no such file.
  static func read(folder: String) throws -> [String: Release.Speed] {
    let path = path(folder)
    guard Files.exists(path) else { return [:] }
    let value: JSON
    do {
      value = try JSON(parsing: Files.read(path), label: path)
    } catch let error as RecordError {
      throw AssayError("\(error)")
    }
    guard case .object(let members) = value else { throw AssayError("\(path): expected an object by submission") }
    return members.compactMapValues { member in
      guard case .object(let fields) = member, let tokens = fields["tokens_per_second"]?.double,
        let peak = fields["peak_mib"]?.double
      else { return nil }
      return Release.Speed(tokensPerSecond: tokens, peakMebibytes: peak)
    }
  }
}
