import Metrics

/// The value of one metric for one pair.
enum PairScore {
  case overlap(PrecisionRecall)
  case bleu(Double, BLEUTally)
  case chrf(Double, CHRFTally)
  case match(Bool)
  /// The grade, and the right letter where the task is multiple choice.
  case grade(GradingTask.Grade, letter: String?)

  /// Appends the value as JSON; numbers in the fewest digits that read back to the same bits.
  func append(to output: inout [UInt8]) {
    switch self {
    case .overlap(let score):
      output.append("{\"precision\":")
      output.append(score.precision.description)
      output.append(",\"recall\":")
      output.append(score.recall.description)
      output.append(",\"fmeasure\":")
      output.append(score.fMeasure.description)
      output.append("}")
    case .bleu(let value, _), .chrf(let value, _): output.append(value.description)
    case .match(let value): output.append(value ? "true" : "false")
    case .grade(let grade, _):
      output.append("{\"correct\":")
      output.append(grade.isCorrect ? "true" : "false")
      output.append(",\"answer\":")
      output.append((grade.answer.map(JSON.string) ?? .null).text)
      if grade.stepsChecked > 0 {
        output.append(",\"steps\":{\"checked\":\(grade.stepsChecked),\"wrong\":\(grade.stepsWrong)}")
      }
      if let diagnosis = grade.diagnosis {
        output.append(",\"fault\":\"\(diagnosis.fault.rawValue)\"")
        if let step = diagnosis.step { output.append(",\"fault_step\":\(step + 1)") }
      }
      output.append("}")
    }
  }
}

extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}
