/// Reading the chosen letter out of an answer to a multiple-choice question, by the rules of the MMLU tasks.
///
/// Source: lm-eval 0.4.13, tasks `mmlu_flan_cot_zeroshot`, `mmlu_flan_n_shot_generative`, `mmlu_generative`, `mmlu_pro`,
/// `mmlu_llama`.
package enum MultipleChoice {
  package enum Rule: String, CaseIterable, Sendable {
    /// The rest of the line after "answer is", without its last character.
    case chainOfThought
    /// The first line.
    case firstLine
    /// The letter after "best answer is", the last time.
    case bestAnswer
    /// The letter after "answer is", in parentheses or not (MMLU-Pro).
    case pro

    private static let chainOfThoughtPattern = AnswerPattern(
      known:
        "((?<=The answer is )(.*)(?=.)|(?<=answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.)|(?<=The final answer: )(.*)(?=.))"
    )
    private static let firstLinePattern = AnswerPattern(known: #"^(.*?)(?=\n|$)"#)
    private static let bestAnswerPattern = AnswerPattern(known: "best answer is ([A-Z])", take: .last)
    private static let proPattern = AnswerPattern(known: #"answer is \(?([ABCDEFGHIJ])\)?"#)

    /// The answer in a response; `nil` where the harness says `[invalid]`.
    package func answer(in response: String) -> String? {
      switch self {
      case .chainOfThought: Self.chainOfThoughtPattern.answer(in: response)
      // The harness's second pattern only drops white space at the end, which is gone already.
      case .firstLine: Self.firstLinePattern.answer(in: response)
      case .bestAnswer: Self.bestAnswerPattern.answer(in: response)
      case .pro: Self.proPattern.answer(in: response)
      }
    }
  }

  /// What a grade by a rule depends on.
  package static func signature(for rule: Rule) -> Signature {
    Signature("choice", ["rule": rule.rawValue, "like": "lm-eval-0.4.13"])
  }

  /// What an answer is compared with by: case and punctuation do not matter, so that "(C)." is "c".
  package static let comparison = ExactMatch(ignoresCase: true, ignoresPunctuation: true)

  /// The letter of a choice: A for the first.
  package static func letter(of index: Int) -> String? {
    (0..<26).contains(index) ? String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))) : nil
  }

  /// Whether a response picks the gold choice under a rule.
  package static func isCorrect(_ response: String, gold: Int, rule: Rule) -> Bool {
    guard let letter = letter(of: gold) else { return false }
    return comparison.matches(prediction: rule.answer(in: response) ?? AnswerPattern.invalid, reference: letter)
  }

  /// The most likely choice: the index of the highest log-likelihood, the first of equals; `nil` for none.
  package static func mostLikely(_ logLikelihoods: [Double]) -> Int? {
    SamplingEstimators.best(of: logLikelihoods.count, byScore: logLikelihoods)
  }

  /// The same after dividing each by the length of its choice in code points (`acc_norm`).
  package static func mostLikely(_ logLikelihoods: [Double], normalizedBy choices: [String]) -> Int? {
    mostLikely(zip(logLikelihoods, choices).map { $0 / Double($1.unicodeScalars.count) })
  }
}

/// lm-evaluation-harness's `multi_choice_regex` filter: the letter in parentheses, or else the text of a choice, or else a
/// letter after a colon.
///
/// Source: lm-eval, `filters/extraction.py`.
package struct FlexibleChoice: Hashable, Sendable {
  package enum Version: String, CaseIterable, Sendable {
    /// The first choice in their order that matches.
    case inOrder = "0.4.12"
    /// Longer choices before shorter ones.
    case longestFirst = "0.4.13"
  }

  package let version: Version
  package let occurrence: AnswerPattern.Occurrence

  package init(version: Version = .longestFirst, take occurrence: AnswerPattern.Occurrence = .last) {
    self.version = version
    self.occurrence = occurrence
  }

  package var signature: Signature {
    Signature("choice", ["rule": "flexible", "take": occurrence.rawValue, "like": "lm-eval-\(version.rawValue)"])
  }

  /// The answer, usually "(A)"; `nil` where the harness says `[invalid]`.
  package func answer(in response: String, choices: [String]) -> String? {
    let text = response.scalars
    if let letter = Self.parenthesised.answer(in: text, occurrence), !letter.isEmpty { return letter.text }
    if let choice = choice(in: text, choices), !choice.isEmpty { return choice.text }
    let letters = choices.indices.compactMap(MultipleChoice.letter).joined(separator: "|")
    if let colon = try? PythonRegex(#":[\s]*(\#(letters))"#), let letter = colon.answer(in: text, occurrence),
      !letter.isEmpty
    {
      return "(\(letter.text))"
    }
    return nil
  }

  private static let parenthesised = PythonRegex(known: #"(\([A-Z]\))"#)

  /// The choice whose text occurs in the response, case and punctuation ignored.
  private func choice(in text: Scalars, _ choices: [String]) -> Scalars? {
    let plain = choices.map { Self.plain($0.scalars.pythonStripped) }
    var alternatives = plain
    if version == .longestFirst {
      // By the length of the escaped expression; Swift's sort is stable.
      alternatives.sort { $0.escapedLength > $1.escapedLength }
    }
    guard let found = alternatives.found(in: Self.plain(text), occurrence)?.pythonStripped else { return nil }
    guard !found.isEmpty, let index = plain.lastIndex(of: found), let letter = MultipleChoice.letter(of: index) else {
      return found
    }
    return "(\(letter))".scalars
  }

  private static func plain(_ text: Scalars) -> Scalars {
    text.text.pythonLowercased.scalars.filter { !$0.isPunctuation }[...]
  }
}

extension PythonRegex {
  /// The first group of the first or last match, stripped.
  fileprivate func answer(in text: Scalars, _ occurrence: AnswerPattern.Occurrence) -> Scalars? {
    AnswerPattern(self, take: occurrence).answer(in: text)
  }
}

extension [Scalars] {
  /// What an alternation of these words matches first or last. At each place the first word that fits counts.
  fileprivate func found(in text: Scalars, _ occurrence: AnswerPattern.Occurrence) -> Scalars? {
    var found: Scalars?
    var index = text.startIndex
    var mustAdvance = false
    while index <= text.endIndex {
      let word = first { text[index...].starts(with: $0) && !(mustAdvance && $0.isEmpty) }
      mustAdvance = false
      guard let word else {
        index += 1
        continue
      }
      found = word
      if occurrence == .first { break }
      index += word.count
      mustAdvance = word.isEmpty
    }
    return found
  }
}

extension Scalars {
  /// The length of `re.escape(text)`.
  fileprivate var escapedLength: Int {
    reduce(0) { length, scalar in length + (Self.escaped.contains(scalar) ? 2 : 1) }
  }

  private static let escaped = Set("()[]{}?*+-|^$\\.&~# \t\n\r\u{B}\u{C}".unicodeScalars)
}
