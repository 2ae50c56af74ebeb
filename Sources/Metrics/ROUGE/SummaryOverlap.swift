/// The hits of ROUGE-Lsum: for each reference sentence the union, over all prediction sentences, of its longest common
/// subsequence with that sentence; every token counted at most as often as the prediction has it.
///
/// *Which* longest subsequence matters, because of the union. rouge-score backtracks from the end of the table: on equal
/// tokens diagonally, otherwise left if that is strictly better, otherwise up (0.1.2, `rouge_scorer.py`, `_backtrack_norec`).
/// On a mismatch left is strictly better exactly where the bit-parallel column V (see `LongestCommonSubsequence`) has a 0,
/// and a bit turns 0 only in a column whose token matches. So the next token of the subsequence is the highest position
/// below the last one that has a 0 in V or matches now, and it was matched by the nearest column to the left that has the
/// same token: one step per match instead of one per cell.
///
/// Time |reference|·|prediction|/64 plus the number of matches; memory grows with the power 1.5 of a sentence at most.
struct SummaryOverlap: ~Copyable {
  private var packed = PackedSentences()
  private var long = LongSentence()
  /// Per reference token: is it in the union of its sentence?
  private var isShared = ScratchBuffer<Bool>()
  private var available = ScratchBuffer<Int32>()

  mutating func hits(_ pair: borrowing TokenizedPair) -> Int {
    if pair.reference.tokens.count == 0 || pair.prediction.tokens.count == 0 { return 0 }
    isShared.fill(false, count: pair.reference.tokens.count)
    packed.start(distinct: pair.distinctCount)
    for index in 0..<pair.reference.sentenceCount {
      let sentence = pair.reference.sentence(index)
      if sentence.count <= PackedSentences.longest {
        packed.append(pair.reference.tokens.elements, sentence)
      } else {
        long.union(sentence, pair, isShared: isShared.base)
      }
    }
    packed.union(pair, isShared: isShared.base)
    return clippedHits(pair)
  }

  /// Walks the union in order and lets every hit use up one of the prediction's tokens.
  private mutating func clippedHits(_ pair: borrowing TokenizedPair) -> Int {
    // The last counter is that of all unknown tokens.
    available.fill(0, count: pair.distinctCount + 1)
    let unknown = Int32(truncatingIfNeeded: pair.distinctCount)
    for token in pair.prediction.tokens.elements { available[Int(token < 0 ? unknown : token)] &+= 1 }
    var hits = 0
    for index in 0..<isShared.count {
      let token = Int(pair.reference.tokens[index])
      let hit: Int32 = isShared[index] && available[token] > 0 ? 1 : 0
      available[token] &-= hit
      hits &+= Int(hit)
    }
    return hits
  }
}
