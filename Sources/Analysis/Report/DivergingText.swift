/// One of two texts, cut to the part around the first word in which they differ.
struct DivergingText: Hashable {
  /// What both texts share, shortened to the end nearest the difference.
  let before: String
  /// The first word that differs, with the white space before it if that differs; empty where this text just ends.
  let word: String
  let after: String
  /// Scalars left out at either end.
  let omittedBefore: Int
  let omittedAfter: Int

  private static let contextBefore = 120
  private static let contextAfter = 280
  private static let longestWord = 60

  init(_ text: String, differingFrom other: String) {
    let scalars = text.unicodeScalars
    var common = 0
    var wordLength = 0
    for (mine, its) in zip(scalars, other.unicodeScalars) {
      guard mine == its else { break }
      common += 1
      wordLength = mine.properties.isWhitespace ? 0 : wordLength + 1
    }
    // Where both texts end or go on with white space, the word before is the same in both.
    let goesOn = [scalars, other.unicodeScalars].contains {
      $0.dropFirst(common).first.map { !$0.properties.isWhitespace } ?? false
    }
    let start = goesOn ? common - min(wordLength, Self.longestWord) : common
    let tail = scalars.dropFirst(start)
    let space = tail.prefix { $0.properties.isWhitespace }.prefix(Self.longestWord)
    let letters = tail.dropFirst(space.count).prefix { !$0.properties.isWhitespace }.prefix(
      Self.longestWord)
    let rest = tail.dropFirst(space.count + letters.count)
    omittedBefore = max(0, start - Self.contextBefore)
    before = String(String.UnicodeScalarView(scalars.prefix(start).dropFirst(omittedBefore)))
    word = String(String.UnicodeScalarView(space)) + String(String.UnicodeScalarView(letters))
    after = String(String.UnicodeScalarView(rest.prefix(Self.contextAfter)))
    omittedAfter = max(0, rest.count - Self.contextAfter)
  }
}
