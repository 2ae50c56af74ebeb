/// Text as scalars with their classes, and the pre-tokenizers' rules on ranges of it.
struct ClassifiedText {
  private var scalars: [Unicode.Scalar] = []
  private var classes: [ScalarClass] = []

  /// Where each scalar begins in UTF-8, and the end.
  private(set) var byteOffsets = [0]

  init(_ text: String) {
    for scalar in text.unicodeScalars {
      scalars.append(scalar)
      classes.append(ScalarClass(scalar))
      byteOffsets.append(byteOffsets.last! + UTF8.width(scalar))
    }
  }

  var count: Int { scalars.count }

  /// The pieces that `rule` makes of a piece: its matches and what lies between them.
  func cut(_ piece: Range<Int>, by rule: PreTokenizer.Rule) -> [Range<Int>] {
    switch rule {
    case .gpt2: cut(piece, bySteps: gpt2Step)
    case .cl100k(let digits): cut(piece) { cl100kStep($0, $1, digits: digits) }
    case .digit: cut(piece, where: { classes[$0] == .number }, lengths: 1...1)
    case .number: cut(piece, where: { classes[$0] == .number }, lengths: 1...Int.max)
    case .threeDigits: cut(piece, where: { ("0"..."9").contains(scalars[$0]) }, lengths: 3...3)
    case .punctuation(let grave):
      cut(piece, where: { isPunctuation(scalars[$0], grave: grave) }, lengths: 1...Int.max)
    }
  }

  // MARK: Rules that match everywhere

  /// Applies `step`, which gives the end of the match that starts at a place, until the piece ends.
  private func cut(_ piece: Range<Int>, bySteps step: (Int, Int) -> Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = piece.lowerBound
    while start < piece.upperBound {
      let end = step(start, piece.upperBound)
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }

  private func gpt2Step(_ start: Int, _ end: Int) -> Int {
    if let end = contractionEnd(start, end, anyCase: false) { return end }
    let first = afterOptionalSpace(start, end)
    return classes[first].isWhitespace ? whitespaceEnd(start, end) : runEnd(first, end, of: classes[first])
  }

  /// Source: the regular expression of tiktoken's cl100k_base, as in Llama 3's and Qwen 2's tokenizer.json.
  private func cl100kStep(_ start: Int, _ end: Int, digits: Int) -> Int {
    if let end = contractionEnd(start, end, anyCase: true) { return end }

    // `[^\r\n\p{L}\p{N}]?\p{L}+`
    let isMark = classes[start] == .space || classes[start] == .other
    let first = isMark && start + 1 < end && classes[start + 1] == .letter ? start + 1 : start
    if classes[first] == .letter { return runEnd(first, end, of: .letter) }

    // `\p{N}{1,3}`
    if classes[start] == .number { return min(runEnd(start, end, of: .number), start + digits) }

    // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
    let symbol = afterOptionalSpace(start, end)
    if classes[symbol] == .other {
      return runEnd(runEnd(symbol, end, of: .other), end, of: .lineBreak)
    }

    // `\s*[\r\n]+|\s+(?!\S)|\s+`
    let whitespace = whitespaceRunEnd(start, end)
    if let lineBreak = (start..<whitespace).last(where: { classes[$0] == .lineBreak }) { return lineBreak + 1 }
    return whitespaceEnd(start, end)
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func contractionEnd(_ start: Int, _ end: Int, anyCase: Bool) -> Int? {
    guard scalars[start] == "'", start + 1 < end else { return nil }
    let first = folded(start + 1, anyCase)
    if ["s", "t", "m", "d"].contains(first) { return start + 2 }
    guard start + 2 < end else { return nil }
    switch (first, folded(start + 2, anyCase)) {
    case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
    default: return nil
    }
  }

  private func folded(_ place: Int, _ anyCase: Bool) -> Unicode.Scalar {
    let scalar = scalars[place]
    guard anyCase else { return scalar }
    // Case folding also takes the long s to s (Hugging Face tokenizers do so, llama.cpp does not).
    if scalar == "\u{17f}" { return "s" }
    return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
  }

  private func afterOptionalSpace(_ start: Int, _ end: Int) -> Int {
    scalars[start] == " " && start + 1 < end ? start + 1 : start
  }

  /// `\s+(?!\S)|\s+`: the last space before text belongs to the text.
  private func whitespaceEnd(_ start: Int, _ end: Int) -> Int {
    let run = whitespaceRunEnd(start, end)
    return run < end && run > start + 1 ? run - 1 : run
  }

  private func whitespaceRunEnd(_ start: Int, _ end: Int) -> Int {
    (start..<end).first { !classes[$0].isWhitespace } ?? end
  }

  private func runEnd(_ start: Int, _ end: Int, of kind: ScalarClass) -> Int {
    (start..<end).first { classes[$0] != kind } ?? end
  }

  // MARK: Rules that match in places

  /// Cuts out runs where `isMember` holds: as long as `lengths` allows, from left to right.
  private func cut(
    _ piece: Range<Int>, where isMember: (Int) -> Bool, lengths: ClosedRange<Int>
  ) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var unmatched = piece.lowerBound
    var start = piece.lowerBound
    while start < piece.upperBound {
      var end = start
      while end < piece.upperBound, end - start < lengths.upperBound, isMember(end) { end += 1 }
      if end - start < lengths.lowerBound {
        start = max(end, start + 1)
        continue
      }
      if unmatched < start { pieces.append(unmatched..<start) }
      pieces.append(start..<end)
      start = end
      unmatched = end
    }
    if unmatched < piece.upperBound { pieces.append(unmatched..<piece.upperBound) }
    return pieces
  }

  private func isPunctuation(_ scalar: Unicode.Scalar, grave: Bool) -> Bool {
    switch scalar {
    case "$", "+", "<", "=", ">", "^", "~", "|": true
    case "`": grave
    default: scalar.isPunctuation
    }
  }
}
