/// SentencePiece's unigram model: the segmentation of greatest total log-probability (Kudo 2018), by Viterbi.
///
/// Source: Hugging Face tokenizers 0.23 `models/unigram`.
struct UnigramEncoder: Sendable {
  private struct Node {
    var next: [UInt8: Int32] = [:]
    var token: TokenID = -1
  }

  private var nodes = [Node()]
  private let scores: [Double]
  private let unknown: TokenID?
  private let unknownScore: Double
  private let bytes: ByteTokens?

  /// - Parameters:
  ///   - pieces: text and log-probability of token 0, 1, ...
  ///   - bytes: for characters that are no token, where the model falls back to bytes.
  init(_ pieces: [(text: [UInt8], score: Double)], unknown: TokenID?, bytes: ByteTokens?) {
    scores = pieces.map(\.score)
    self.unknown = unknown
    self.bytes = bytes
    // An unknown character costs 10 nats more than the least likely token.
    unknownScore = (scores.min() ?? 0) - 10
    for (index, piece) in pieces.enumerated() where !piece.text.isEmpty {
      var node = 0
      for byte in piece.text {
        if let next = nodes[node].next[byte] {
          node = Int(next)
        } else {
          nodes[node].next[byte] = Int32(nodes.count)
          node = nodes.count
          nodes.append(Node())
        }
      }
      nodes[node].token = TokenID(index)
    }
  }

  private struct Step {
    var start = -1
    var token: TokenID = -1
    var score = 0.0
  }

  func encode(_ piece: [Unicode.Scalar]) -> [TokenID] {
    let text = Array(String(String.UnicodeScalarView(piece)).utf8)
    // The best way to reach each place.
    var best = [Step](repeating: Step(), count: text.count + 1)
    func offer(_ end: Int, _ step: Step) {
      if best[end].start < 0 || step.score > best[end].score { best[end] = step }
    }
    var start = 0
    while start < text.count {
      let width = Self.width(text[start])
      var isKnown = false
      var (node, place) = (0, start)
      while place < text.count, let next = nodes[node].next[text[place]] {
        (node, place) = (Int(next), place + 1)
        let token = nodes[node].token
        guard token >= 0 else { continue }
        offer(place, Step(start: start, token: token, score: best[start].score + scores[Int(token)]))
        if place == start + width { isKnown = true }
      }
      if !isKnown {
        offer(start + width, Step(start: start, token: -1, score: best[start].score + unknownScore))
      }
      start += width
    }
    return tokens(text, best)
  }

  private func tokens(_ text: [UInt8], _ best: [Step]) -> [TokenID] {
    var steps: [(range: Range<Int>, token: TokenID)] = []
    var end = text.count
    while end > 0 {
      let step = best[end]
      // Unknown characters in a row are one.
      if step.token < 0, let last = steps.last, last.token < 0 {
        steps[steps.count - 1].range = step.start..<last.range.upperBound
      } else {
        steps.append((step.start..<end, step.token))
      }
      end = step.start
    }
    return steps.reversed().flatMap { step -> [TokenID] in
      if step.token >= 0 { return [step.token] }
      return bytes?.tokens(of: Array(text[step.range])) ?? (unknown.map { [$0] } ?? [])
    }
  }

  private static func width(_ byte: UInt8) -> Int {
    switch byte {
    case 0xf0...: 4
    case 0xe0...: 3
    case 0xc0...: 2
    default: 1
    }
  }
}
