/// Some whole lines of a file, on their way from reading to scoring.
package struct LineChunk: Sendable {
  /// The lines are the first `count` bytes; the rest is room. Only a file's last line may lack its line feed.
  package var bytes: [UInt8]
  package var count = 0
  /// The file, as messages name it.
  package var label = ""
  /// The number of the first line in its file, counted from 1.
  package var firstLine = 1
  /// The chunk stands for one line that was too long to be kept; it has no bytes.
  package var isOverlong = false

  /// Longer lines are reported as broken, so that a file without line feeds cannot take all memory.
  package static let lineLimit = 1 << 26

  package var lineFeedCount: Int { bytes.countLineFeeds(before: count) }

  package init(capacity: Int) { bytes = Array(repeating: 0, count: capacity) }
}

/// What became of a chunk.
package struct ScoredChunk: Sendable {
  /// One line for each line of the chunk, in order.
  package internal(set) var output: [UInt8] = []
  /// Why lines are broken.
  package internal(set) var problems: [RecordError] = []
  package internal(set) var tally: ScoreTally
}
