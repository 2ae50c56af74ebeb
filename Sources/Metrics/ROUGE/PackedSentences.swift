/// Reference sentences of fewer than 64 tokens, several to a machine word: one column of the table for all of them at once.
///
/// A bit that stays 0 after each sentence absorbs the carry of its addition.
struct PackedSentences: ~Copyable {
  static let longest = 63

  /// The bits of one sentence.
  struct Segment: BitwiseCopyable {
    var bits: UInt64
    var word: Int
  }

  private var wordCount = 0
  /// The next free bit.
  private var end = 0
  /// Tokens have numbers below this one, which stands for all unknown tokens.
  private var unknown = 0
  /// Per word: the bits that stand for tokens, and those that are in the union.
  private var occupied = ScratchBuffer<UInt64>()
  private var shared = ScratchBuffer<UInt64>()
  /// Per bit: its token, and the token's place in the reference.
  private var tokenAt = ScratchBuffer<Int32>()
  private var placeAt = ScratchBuffer<Int32>()
  /// Per word and token: the bits where it stands. The unknown token has none.
  private var matches = ScratchBuffer<UInt64>()
  /// For one prediction sentence: its tokens, per word the columns, and for each token its places (of the first 64).
  private var sentence = ScratchBuffer<Int32>()
  /// Reference sentences to backtrack in: those with one match, and those with several.
  private var singles = ScratchBuffer<Segment>()
  private var others = ScratchBuffer<Segment>()
  private var candidates = ScratchBuffer<UInt64>()
  private var occurrences = ScratchBuffer<UInt64>()

  mutating func start(distinct: Int) {
    unknown = distinct
    wordCount = 0
    end = 0
    matches.removeAll()
    occurrences.fill(0, count: distinct + 1)
  }

  /// Adds a reference sentence. Sentences do not straddle words.
  mutating func append(_ tokens: UnsafeBufferPointer<Int32>, _ range: Range<Int>) {
    if end & 63 == 0 || end & 63 + range.count > 63 { addWord() }
    let word = end >> 6
    let row = matches.base + word * (unknown + 1)
    occupied[word] |= (~0 &>> UInt64(64 - range.count)) &<< UInt64(end & 63)
    for place in range {
      let token = tokens[place]
      row[Int(token)] |= 1 &<< UInt64(end & 63)
      tokenAt[end] = token
      placeAt[end] = Int32(truncatingIfNeeded: place)
      end &+= 1
    }
    // The spare bit; behind bit 63 the next sentence begins a new word anyway.
    end += 1
  }

  private mutating func addWord() {
    end = wordCount * 64
    wordCount += 1
    occupied.resize(to: wordCount)
    occupied[wordCount - 1] = 0
    tokenAt.resize(to: wordCount * 64)
    placeAt.resize(to: wordCount * 64)
    matches.extend(by: unknown + 1, repeating: 0)
  }

  /// Marks the tokens that some prediction sentence shares with their own sentence.
  mutating func union(_ pair: borrowing TokenizedPair, isShared: UnsafeMutablePointer<Bool>) {
    shared.fill(0, count: wordCount)
    if wordCount == 0 { return }
    for index in 0..<pair.prediction.sentenceCount {
      read(UnsafeBufferPointer(rebasing: pair.prediction.tokens.elements[pair.prediction.sentence(index)]))
      addSubsequences()
      for token in sentence.elements { occurrences[Int(token)] = 0 }
    }
    for word in 0..<wordCount {
      var bits = shared[word]
      while bits != 0 {
        isShared[Int(placeAt[64 &* word &+ bits.trailingZeroBitCount])] = true
        bits &= bits &- 1
      }
    }
  }

  private mutating func read(_ tokens: UnsafeBufferPointer<Int32>) {
    sentence.resize(to: tokens.count)
    candidates.resize(to: tokens.count * wordCount)
    for column in tokens.indices {
      let token = tokens[column] < 0 ? Int32(truncatingIfNeeded: unknown) : tokens[column]
      sentence[column] = token
      if column < 64 { occurrences[Int(token)] |= 1 &<< UInt64(column) }
    }
  }

  /// Adds what the reference sentences have in common with the prediction sentence.
  @inline(__always)
  private mutating func addSubsequences() {
    singles.resize(to: wordCount * 32)
    others.resize(to: wordCount * 32)
    var (singleCount, otherCount) = (0, 0)
    for word in 0..<wordCount where occupied[word] & ~shared[word] != 0 {
      // Each 0 left in the last column is one match; sentences without any have nothing in common.
      var grown = fillColumns(word)
      while grown != 0 {
        let segment = Self.run(around: grown.trailingZeroBitCount, in: occupied[word])
        let length = grown & segment
        grown &= ~segment
        // Where all of a sentence is in the union already there is nothing to find.
        let isOpen = segment & ~shared[word] == 0 ? 0 : 1
        let isSingle = length & (length &- 1) == 0 ? 1 : 0
        singles[singleCount] = Segment(bits: segment, word: word)
        others[otherCount] = Segment(bits: segment, word: word)
        singleCount &+= isOpen & isSingle
        otherCount &+= isOpen &- (isOpen & isSingle)
      }
    }
    for index in 0..<singleCount {
      let segment = singles[index]
      let last = candidates[(segment.word &+ 1) &* sentence.count &- 1]
      shared[segment.word] |= 1 &<< Self.highestPosition(last & segment.bits)
    }
    for index in 0..<otherCount {
      shared[others[index].word] |= sentence.count <= 64 ? subsequence(others[index]) : longSubsequence(others[index])
    }
  }

  /// The columns of one word; returns the zeros of the last one.
  @inline(__always)
  private mutating func fillColumns(_ word: Int) -> UInt64 {
    let occupied = occupied[word]
    let row = matches.base + word &* (unknown &+ 1)
    let candidates = candidates.base + word &* sentence.count
    var column = occupied
    for index in 0..<sentence.count {
      let match = row[Int(sentence[index])]
      column = ((column &+ (column & match)) | (column & ~match)) & occupied
      candidates[index] = ~column | match
    }
    return ~column & occupied
  }

  /// The unbroken run of ones around a bit.
  @inline(__always)
  private static func run(around bit: Int, in bits: UInt64) -> UInt64 {
    let above = ~0 &<< UInt64(bit)
    // The bit itself is 1 and bit 63 is always spare, so the run ends inside the word.
    let end = (~bits & above).trailingZeroBitCount
    let below = ~bits & ~above
    let start = 64 &- below.leadingZeroBitCount
    return (~0 &<< UInt64(start)) & ~(~0 &<< UInt64(end))
  }

  /// The position of the highest bit of a nonzero word.
  @inline(__always)
  private static func highestPosition(_ bits: UInt64) -> UInt64 {
    // Telling the compiler that it is not zero saves a test.
    UInt64(truncatingIfNeeded: 63 &- (bits | 1).leadingZeroBitCount)
  }

  /// Backtracks through one reference sentence, for a prediction sentence of up to 64 tokens.
  @inline(__always)
  private func subsequence(_ segment: Segment) -> UInt64 {
    let candidates = candidates.base + segment.word &* sentence.count
    let tokens = tokenAt.base + 64 &* segment.word
    var below = segment.bits
    var found: UInt64 = 0
    var column = sentence.count &- 1
    // The places of the prediction up to the column.
    var places: UInt64 = ~0
    while true {
      let candidate = candidates[column] & below
      if candidate == 0 { return found }
      let bit = Self.highestPosition(candidate)
      found |= 1 &<< bit
      below &= (1 &<< bit) &- 1
      let place = Self.highestPosition(occurrences[Int(tokens[Int(bit)])] & places)
      if place == 0 { return found }
      places = (1 &<< place) &- 1
      column = Int(place) &- 1
    }
  }

  /// The same for a longer prediction sentence.
  private func longSubsequence(_ segment: Segment) -> UInt64 {
    let candidates = candidates.base + segment.word * sentence.count
    var below = segment.bits
    var found: UInt64 = 0
    var column = sentence.count - 1
    while column >= 0, candidates[column] & below != 0 {
      let bit = Self.highestPosition(candidates[column] & below)
      found |= 1 &<< bit
      below &= (1 &<< bit) &- 1
      while sentence[column] != tokenAt[64 * segment.word + Int(bit)] { column -= 1 }
      column -= 1
    }
    return found
  }
}
