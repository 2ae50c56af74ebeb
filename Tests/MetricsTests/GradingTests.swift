import Testing

@testable import Metrics

@Suite struct `Grading equals the reference` {
  struct Extraction: Decodable {
    let extracted: String
    let exact_match: Double
    let exact_match_vs_final: Double?
  }

  private func agrees(_ answer: String?, _ expected: String) -> Bool {
    (answer ?? AnswerPattern.invalid).scalars == expected.scalars
  }

  @Test func `on exact match`() throws {
    struct Row: Decodable {
      let id: String
      let prediction: String
      let reference: String
      let regexes_to_ignore: [String]?
      let ignore_case: Bool
      let ignore_punctuation: Bool
      let ignore_numbers: Bool
      let exact_match: Double
    }
    for row in try golden("grading/exact-match", as: Row.self) {
      let metric = ExactMatch(
        ignoring: try (row.regexes_to_ignore ?? []).map { try PythonRegex($0) }, ignoresCase: row.ignore_case,
        ignoresPunctuation: row.ignore_punctuation, ignoresDigits: row.ignore_numbers)
      let matches = metric.matches(prediction: row.prediction, reference: row.reference)
      #expect(matches == (row.exact_match == 1), "\(row.id)")
    }
  }

  @Test func `on GSM8K`() throws {
    struct Mixtral: Decodable {
      let number: String
      let float: Double?
      let correct: Bool
    }
    struct Row: Decodable {
      let id: String
      let response: String
      let gold: String
      let gold_final: String
      let strict: Extraction
      let flexible: Extraction
      let cot_strict: Extraction
      let cot_sc: Extraction
      let llama_strict: Extraction
      let mlperf_mixtral: Mixtral
    }
    for row in try golden("grading/gsm8k", as: Row.self) {
      let rules: [(GSM8K.Rule, Extraction)] = [
        (.strict, row.strict), (.flexible, row.flexible), (.chainOfThought, row.cot_strict),
        (.selfConsistency, row.cot_sc), (.llama, row.llama_strict),
      ]
      for (rule, expected) in rules {
        let context: Comment = "\(row.id) \(rule)"
        #expect(agrees(rule.pattern.answer(in: row.response), expected.extracted), context)
        #expect(GSM8K.isCorrect(row.response, gold: row.gold, rule: rule) == (expected.exact_match == 1), context)
        #expect(
          GSM8K.isCorrect(row.response, gold: row.gold_final, rule: rule) == (expected.exact_match_vs_final == 1),
          context)
      }
      #expect(GSM8K.mixtralNumber(in: row.response).scalars == row.mlperf_mixtral.number.scalars, "\(row.id)")
      #expect(GSM8K.mixtralNumber(in: row.response).pythonFloat == row.mlperf_mixtral.float, "\(row.id)")
      #expect(GSM8K.isMixtralCorrect(row.response, gold: row.gold_final) == row.mlperf_mixtral.correct, "\(row.id)")
    }
  }

  @Test func `on the published GSM8K solutions of four models`() throws {
    struct Solution: Decodable {
      let is_correct: Bool
      let solution: String
    }
    struct Row: Decodable {
      let id: String
      let ground_truth: String
      let tuned6B: Solution
      let verified6B: Solution
      let tuned175B: Solution
      let verified175B: Solution

      enum CodingKeys: String, CodingKey {
        case id, ground_truth
        case tuned6B = "6b_finetuning"
        case verified6B = "6b_verification"
        case tuned175B = "175b_finetuning"
        case verified175B = "175b_verification"
      }
    }
    for row in try golden("grading/solutions", as: Row.self) {
      let gold = GSM8K.publishedAnswer(in: row.ground_truth)
      #expect(gold != nil)
      for solution in [row.tuned6B, row.verified6B, row.tuned175B, row.verified175B] {
        #expect((GSM8K.publishedAnswer(in: solution.solution) == gold) == solution.is_correct, "\(row.id)")
      }
    }
  }

  @Test func `on multiple choice`() throws {
    struct Row: Decodable {
      let id: String
      let response: String
      let choices: [String]
      let gold_index: Int
      let flan_strict: Extraction
      let generative: Extraction
      let llama_best_answer: Extraction
      let mmlu_pro: Extraction
      let flexible_0_4_12_last: Extraction
      let flexible_0_4_12_first: Extraction
      let flexible_0_4_13_last: Extraction
      let flexible_0_4_13_first: Extraction
      let mlperf_deepseek_D: String?
      let mlperf_deepseek_J: String?
      let mlperf_gptoss_D: String?
      let mlperf_gptoss_J: String?
    }
    let four = MLPerfChoice(lastLetter: .d)
    let ten = MLPerfChoice(lastLetter: .j)
    for row in try golden("grading/mmlu", as: Row.self) {
      let rules: [(MultipleChoice.Rule, Extraction)] = [
        (.chainOfThought, row.flan_strict), (.firstLine, row.generative), (.bestAnswer, row.llama_best_answer),
        (.pro, row.mmlu_pro),
      ]
      for (rule, expected) in rules {
        let context: Comment = "\(row.id) \(rule)"
        #expect(agrees(rule.answer(in: row.response), expected.extracted), context)
        let isCorrect = MultipleChoice.isCorrect(row.response, gold: row.gold_index, rule: rule)
        #expect(isCorrect == (expected.exact_match == 1), context)
      }
      let flexible: [(FlexibleChoice, Extraction)] = [
        (FlexibleChoice(version: .inOrder, take: .last), row.flexible_0_4_12_last),
        (FlexibleChoice(version: .inOrder, take: .first), row.flexible_0_4_12_first),
        (FlexibleChoice(version: .longestFirst, take: .last), row.flexible_0_4_13_last),
        (FlexibleChoice(version: .longestFirst, take: .first), row.flexible_0_4_13_first),
      ]
      let gold = "(\(MultipleChoice.letter(of: row.gold_index)!))"
      for (rule, expected) in flexible {
        let answer = rule.answer(in: row.response, choices: row.choices)
        let context: Comment = "\(row.id) \(rule) \(answer ?? "nil")"
        #expect(agrees(answer, expected.extracted), context)
        let matches = MultipleChoice.comparison.matches(prediction: answer ?? AnswerPattern.invalid, reference: gold)
        #expect(matches == (expected.exact_match == 1), context)
      }
      #expect(four.deepSeekLetter(in: row.response) == row.mlperf_deepseek_D, "\(row.id)")
      #expect(ten.deepSeekLetter(in: row.response) == row.mlperf_deepseek_J, "\(row.id)")
      #expect(four.gptOSSLetter(in: row.response) == row.mlperf_gptoss_D, "\(row.id)")
      #expect(ten.gptOSSLetter(in: row.response) == row.mlperf_gptoss_J, "\(row.id)")
    }
  }

  @Test func `on SQuAD's F1`() throws {
    struct Gold: Decodable {
      let precision: Double
      let recall: Double
      let f1_v1: Double
      let f1_v2: Double
      let em_v1: Int
      let em_v2: Int
    }
    struct Row: Decodable {
      let id: String
      let prediction: String
      let references: [String]
      let normalized_prediction: String
      let normalized_references: [String]
      let per_reference: [Gold]
      let max_f1_v1: Double
      let max_em_v1: Int
    }
    for row in try golden("grading/squad", as: Row.self) {
      #expect(SQuAD.normalized(row.prediction).scalars == row.normalized_prediction.scalars, "\(row.id)")
      #expect(
        row.references.map { SQuAD.normalized($0).scalars } == row.normalized_references.map(\.scalars), "\(row.id)")
      for (reference, gold) in zip(row.references, row.per_reference) {
        let first = SQuAD(version: .v1_1).score(prediction: row.prediction, references: [reference])
        expect(first.overlap, matches: [gold.precision, gold.recall, gold.f1_v1], row.id)
        #expect(first.exactMatch == (gold.em_v1 == 1), "\(row.id)")
        let second = SQuAD(version: .v2).score(prediction: row.prediction, references: [reference])
        #expect(abs(second.overlap.fMeasure - gold.f1_v2) <= 1e-12, "\(row.id)")
        #expect(second.exactMatch == (gold.em_v2 == 1), "\(row.id)")
      }
      let best = SQuAD().score(prediction: row.prediction, references: row.references)
      #expect(abs(best.overlap.fMeasure - row.max_f1_v1) <= 1e-12, "\(row.id)")
      #expect(best.exactMatch == (row.max_em_v1 == 1), "\(row.id)")
    }
  }
}

@Suite struct `Grades` {
  @Test func `are signed with the rule and its source`() {
    #expect(
      GSM8K.signature(for: .flexible).description == "gsm8k|rule:flexible|like:lm-eval-0.4.13|version:assay-0.1.0")
    #expect(
      HendrycksMATH().signature.description == "math|norm:hendrycks|like:lm-eval|version:assay-0.1.0")
    #expect(
      FlexibleChoice().signature.description == "choice|rule:flexible|take:last|like:lm-eval-0.4.13|version:assay-0.1.0"
    )
    #expect(MinervaMATH().signature["equal"] == "string")
    #expect(SQuAD(version: .v2).signature["norm"] == "squad-2.0")
    #expect(GSM8K.comparison.signature["patterns"] == "4")
  }

  @Test func `by likelihood take the first of equals`() {
    #expect(MultipleChoice.mostLikely([-2, -1, -1]) == 1)
    #expect(MultipleChoice.mostLikely([-4, -3], normalizedBy: ["four", "no"]) == 0)
    #expect(MultipleChoice.mostLikely([]) == nil)
  }
}
