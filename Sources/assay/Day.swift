import Foundation

/// Days as text, `2026-11-24`, whose order is that of the text.
enum Day {
  static var today: String { Date.now.formatted(.iso8601.year().month().day()) }

  static func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.count) == [4, 2, 2] && parts.allSatisfy { $0.allSatisfy { ("0"..."9").contains($0) } }
      && ("01"..."12").contains(parts[1]) && ("01"..."31").contains(parts[2])
  }
}
