package import Metrics

/// A way to grade answers to a known set of questions, by the name that `assay score --task` takes.
package enum GradingTask: String, CaseIterable, Sendable {
  case gsm8k
  case gsm8kFlexible = "gsm8k-flexible"
  case gsm8kChainOfThought = "gsm8k-cot"
  case gsm8kSelfConsistency = "gsm8k-self-consistency"
  case gsm8kLlama = "gsm8k-llama"
  case gsm8kMLPerf = "gsm8k-mlperf"
  case math
  case mathMinerva = "math-minerva"
  case mathMLPerf = "math-mlperf"
  case aimeMLPerf = "aime-mlperf"
  case mmlu
  case mmluFlexible = "mmlu-flexible"
  case mmluFirstLine = "mmlu-first-line"
  case mmluLlama = "mmlu-llama"
  case mmluPro = "mmlu-pro"
  case gpqaDeepSeek = "gpqa-deepseek"
  case mmluProDeepSeek = "mmlu-pro-deepseek"
  case gpqaGPTOSS = "gpqa-gpt-oss"
  case mmluProGPTOSS = "mmlu-pro-gpt-oss"

  /// The answer that was read from a prediction (`nil`: none was found) and whether it is right.
  package struct Grade: Hashable, Sendable {
    package let answer: String?
    package let isCorrect: Bool
    /// Of a chain of calculations: how many were checked, and how many do not come out as written.
    package let stepsChecked: Int
    package let stepsWrong: Int
    /// Why a wrong solution is wrong, where the reference shows its calculations.
    package let diagnosis: SolutionDiagnosis?
  }

  /// What the reference holds and where the answer is looked for, for `--help`.
  package var summary: String {
    switch self {
    case .gsm8k: "solution or number; the number after '####'"
    case .gsm8kFlexible: "solution or number; the last number"
    case .gsm8kChainOfThought: "solution or number; the number after 'The answer is'"
    case .gsm8kSelfConsistency: "solution or number; the same for majority voting"
    case .gsm8kLlama: "solution or number; the number after the last 'The final answer is'"
    case .gsm8kMLPerf: "number; as MLPerf's mixtral script"
    case .math: "solution with \\boxed{...}, or answer; between the dollar signs, as lm-eval's hendrycks_math"
    case .mathMinerva: "solution with \\boxed{...}, or answer; after 'Final Answer:', as minerva_math, equal as text"
    case .mathMLPerf: "answer; the last \\boxed{...}, as MLPerf's DeepSeek-R1 script, equal as text"
    case .aimeMLPerf: "whole number to 999; boxed or after 'Answer:', as MLPerf's DeepSeek-R1 script"
    case .mmlu: "letter; the text after 'answer is'"
    case .mmluFlexible: "letter; '(X)', or the text of one of 'choices', or ': X', the last of them"
    case .mmluFirstLine: "letter; the first line"
    case .mmluLlama: "letter; after the last 'best answer is'"
    case .mmluPro: "letter A to J; after 'answer is'"
    case .gpqaDeepSeek: "letter A to D; as MLPerf's DeepSeek-R1 script"
    case .mmluProDeepSeek: "letter A to J; as MLPerf's DeepSeek-R1 script"
    case .gpqaGPTOSS: "letter A to D; as MLPerf's gpt-oss script"
    case .mmluProGPTOSS: "letter A to J; as MLPerf's gpt-oss script"
    }
  }

  /// Whether pairs must have the list `choices`.
  package var needsChoices: Bool { self == .mmluFlexible }

  /// The grade of a prediction; right if it agrees with any reference.
  package func grade(_ prediction: String, references: [String], choices: [String]) -> Grade {
    let answer = answer(in: prediction, choices: choices)
    let isCorrect = references.contains { agrees(answer, $0, prediction) }
    guard hasSteps else {
      return Grade(answer: answer, isCorrect: isCorrect, stepsChecked: 0, stepsWrong: 0, diagnosis: nil)
    }
    let steps = ReasoningSteps.steps(in: prediction)
    return Grade(
      answer: answer, isCorrect: isCorrect, stepsChecked: steps.count, stepsWrong: steps.count { !$0.isCorrect },
      diagnosis: isCorrect
        ? nil
        : references.first.flatMap {
          SolutionDiagnosis(of: prediction, answer: answer, goldAnswer: $0, goldSolution: $0)
        })
  }

  /// Whether answers are chains of calculations that can be checked one by one.
  private var hasSteps: Bool {
    switch self {
    case .gsm8k, .gsm8kFlexible, .gsm8kChainOfThought, .gsm8kSelfConsistency, .gsm8kLlama: true
    default: false
    }
  }

  /// Whether the answer is one of a few letters, so that precision and recall of each make sense.
  var isMultipleChoice: Bool {
    switch self {
    case .mmlu, .mmluFlexible, .mmluFirstLine, .mmluLlama, .mmluPro, .gpqaDeepSeek, .mmluProDeepSeek, .gpqaGPTOSS,
      .mmluProGPTOSS:
      true
    default: false
    }
  }

  package var signature: Signature {
    let reference =
      switch self {
      case .gsm8kMLPerf, .mathMLPerf, .aimeMLPerf, .gpqaDeepSeek, .mmluProDeepSeek, .gpqaGPTOSS, .mmluProGPTOSS:
        "mlcommons-inference-b66003e"
      default: "lm-eval-0.4.13"
      }
    return Signature("accuracy", ["task": rawValue, "grader": reference])
  }
}

extension GradingTask {
  private func answer(in prediction: String, choices: [String]) -> String? {
    switch self {
    case .gsm8k: GSM8K.Rule.strict.pattern.answer(in: prediction)
    case .gsm8kFlexible: GSM8K.Rule.flexible.pattern.answer(in: prediction)
    case .gsm8kChainOfThought: GSM8K.Rule.chainOfThought.pattern.answer(in: prediction)
    case .gsm8kSelfConsistency: GSM8K.Rule.selfConsistency.pattern.answer(in: prediction)
    case .gsm8kLlama: GSM8K.Rule.llama.pattern.answer(in: prediction)
    case .gsm8kMLPerf:
      switch GSM8K.mixtralNumber(in: prediction) {
      case "": nil
      case let number: number
      }
    case .math: HendrycksMATH.answer(in: prediction)
    case .mathMinerva: MinervaMATH.answer(in: prediction).map { MinervaMATH().normalized($0) }
    case .mathMLPerf: BoxedAnswer.mlperfAnswer(in: prediction)
    case .aimeMLPerf: BoxedAnswer.aimeAnswer(in: prediction).map(String.init)
    case .mmlu: MultipleChoice.Rule.chainOfThought.answer(in: prediction)
    case .mmluFlexible: FlexibleChoice().answer(in: prediction, choices: choices)
    case .mmluFirstLine: MultipleChoice.Rule.firstLine.answer(in: prediction)
    case .mmluLlama: MultipleChoice.Rule.bestAnswer.answer(in: prediction)
    case .mmluPro: MultipleChoice.Rule.pro.answer(in: prediction)
    case .gpqaDeepSeek: Self.choicesToD.deepSeekLetter(in: prediction)
    case .mmluProDeepSeek: Self.choicesToJ.deepSeekLetter(in: prediction)
    case .gpqaGPTOSS: Self.choicesToD.gptOSSLetter(in: prediction)
    case .mmluProGPTOSS: Self.choicesToJ.gptOSSLetter(in: prediction)
    }
  }

  private func agrees(_ answer: String?, _ reference: String, _ prediction: String) -> Bool {
    let found = answer ?? AnswerPattern.invalid
    return switch self {
    case .gsm8k, .gsm8kFlexible, .gsm8kChainOfThought, .gsm8kSelfConsistency, .gsm8kLlama:
      GSM8K.comparison.matches(prediction: found, reference: reference)
    case .gsm8kMLPerf: GSM8K.isMixtralCorrect(prediction, gold: reference)
    case .math: HendrycksMATH().areEquivalent(answer, BoxedAnswer.answer(in: reference) ?? reference)
    case .mathMinerva:
      answer != nil
        && ExactMatch().matches(
          prediction: found, reference: MinervaMATH().normalized(BoxedAnswer.answer(in: reference) ?? reference))
    case .mathMLPerf, .aimeMLPerf:
      answer != nil && ExactMatch().matches(prediction: found, reference: reference)
    case .mmlu, .mmluFlexible, .mmluFirstLine, .mmluLlama, .mmluPro:
      MultipleChoice.comparison.matches(prediction: found, reference: reference)
    case .gpqaDeepSeek, .mmluProDeepSeek, .gpqaGPTOSS, .mmluProGPTOSS:
      answer != nil && ExactMatch(ignoresCase: true).matches(prediction: found, reference: reference)
    }
  }

  private static let choicesToD = MLPerfChoice(lastLetter: .d)
  private static let choicesToJ = MLPerfChoice(lastLetter: .j)
}
