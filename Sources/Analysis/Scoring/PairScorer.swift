import Metrics

/// Scores lines of pairs: each line comes out as the same object with the scores added.
///
/// Every line of input gives one line of output, so that line numbers stay. A blank line stays blank; a broken one becomes
/// `{"score_error":"..."}`, after its own members if it is an object. Belongs to one thread.
package final class PairScorer {
  package static let errorMember = "score_error"

  private let plan: ScorePlan
  private let rouge: ROUGEScorer?
  private let replaced: [String]
  private var record = PairRecord()
  private var result: ScoredChunk
  private var isFirstMember = true

  package init(_ plan: ScorePlan) {
    self.plan = plan
    let variants = plan.rougeVariants
    rouge =
      variants.isEmpty
      ? nil : ROUGEScorer(variants: variants, stemming: plan.stemming, sentences: plan.sentences)
    replaced = plan.metrics.map(\.name) + [Self.errorMember]
    result = ScoredChunk(tally: ScoreTally(plan))
  }

  package func score(_ chunk: LineChunk) -> ScoredChunk {
    result = ScoredChunk(tally: ScoreTally(plan))
    result.output.reserveCapacity(chunk.count + chunk.count / 4)
    if chunk.isOverlong {
      refuse(
        .syntax(
          file: chunk.label, line: chunk.firstLine, column: nil, expected: "a line of at most 64 MiB",
          found: "a longer one"))
    }
    let isValid = (try? UTF8Span(validating: chunk.bytes.span.extracting(first: chunk.count))) != nil
    var (start, line) = (0, chunk.firstLine)
    // A byte order mark
    if line == 1, chunk.bytes[..<chunk.count].starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
    while start < chunk.count, result.problems.isEmpty || !plan.isStrict {
      let end = chunk.bytes.firstLineFeed(from: start, before: chunk.count)
      score(chunk, start..<end, line, isValid: isValid)
      start = end + 1
      line += 1
    }
    return result
  }

  private func score(_ chunk: LineChunk, _ line: Range<Int>, _ number: Int, isValid: Bool) {
    if chunk.bytes[line].allSatisfy(isWhiteSpace) { return result.output.append(UInt8(ascii: "\n")) }
    do throws(RecordError) {
      try read(chunk, line, number, isValid: isValid)
    } catch { return refuse(error, chunk.bytes) }
    copyMembers(of: chunk.bytes)
    for (index, score) in scores().enumerated() {
      startMember(plan.metrics[index].name)
      score.append(to: &result.output)
      result.tally.metrics[index].add(score)
    }
    result.output.append("}\n")
    result.tally.addPair(references: record.references.count)
  }

  private func read(
    _ chunk: LineChunk, _ line: Range<Int>, _ number: Int, isValid: Bool
  ) throws(RecordError) {
    record.removeAll()
    let file = chunk.label
    if !isValid, let column = chunk.bytes.firstInvalidUTF8(in: line) {
      throw .syntax(file: file, line: number, column: column, expected: "valid UTF-8", found: "other bytes")
    }
    do throws(JSONReader.Failure) {
      try record.read(chunk.bytes, in: line, replacing: replaced)
    } catch { throw RecordError(error, file: file, line: number) }
    if let misfit = record.misfit {
      throw .wrongType(
        file: file, line: number, field: misfit.field, expected: misfit.expected, found: misfit.found)
    }
    func missing(_ field: String, _ hint: String) -> RecordError {
      .missingField(file: file, line: number, field: field, hint: hint)
    }
    if record.references.isEmpty { throw missing("'reference'", "give a string, or a list of at least one") }
    if record.prediction == nil { throw missing("'prediction'", "give a string") }
    if plan.needsChoices, record.choices.isEmpty { throw missing("'choices'", "the task needs a list of strings") }
  }

  /// Reports a broken line and writes what stands in its place.
  private func refuse(_ problem: RecordError, _ bytes: [UInt8] = []) {
    result.problems.append(problem)
    result.tally.broken += 1
    if plan.isStrict { return }
    copyMembers(of: bytes)
    startMember(Self.errorMember)
    result.output.append(JSON.string(problem.description).text)
    result.output.append("}\n")
  }
}

// Writing a line.
extension PairScorer {
  /// Writes the object that was read, as it was, without the closing brace and the members that come anew.
  private func copyMembers(of bytes: [UInt8]) {
    result.output.append(UInt8(ascii: "{"))
    isFirstMember = true
    guard let object = record.object else { return }
    if record.members.allSatisfy(\.isKept) {
      result.output.append(contentsOf: bytes[(object.lowerBound + 1)..<(object.upperBound - 1)])
      isFirstMember = record.members.isEmpty
    } else {
      for member in record.members where member.isKept {
        if !isFirstMember { result.output.append(UInt8(ascii: ",")) }
        result.output.append(contentsOf: bytes[member.range])
        isFirstMember = false
      }
    }
  }

  private func startMember(_ name: String) {
    if !isFirstMember { result.output.append(UInt8(ascii: ",")) }
    isFirstMember = false
    result.output.append(UInt8(ascii: "\""))
    result.output.append(name)
    result.output.append("\":")
  }
}

// Scoring the record that was read.
extension PairScorer {
  /// One score for each metric of the plan.
  private func scores() -> [PairScore] {
    var overlaps = rouge.map { rougeScores($0)[...] } ?? []
    lazy var references = record.references.map(text)
    lazy var prediction = text(record.prediction ?? 0..<0)
    return plan.metrics.map { metric in
      switch metric {
      case .rouge: return .overlap(overlaps.removeFirst())
      case .bleu:
        let tally = ScorePlan.segmentBLEU.tally(hypothesis: prediction, references: references)
        return .bleu(ScorePlan.segmentBLEU.score(tally).value, tally)
      case .chrf, .chrfPlusPlus:
        let chrf = plan.chrf(metric)
        let tally = chrf.tally(hypothesis: prediction, references: references)
        return .chrf(chrf.score(tally), tally)
      case .exactMatch:
        return .match(references.contains { ExactMatch().matches(prediction: prediction, reference: $0) })
      case .squad(let version):
        return .overlap(SQuAD(version: version).score(prediction: prediction, references: references).overlap)
      case .task(let task):
        let grade = task.grade(prediction, references: references, choices: record.choices.map(text))
        return .grade(grade, letter: task.isMultipleChoice ? references.first?.letter : nil)
      }
    }
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: record.text[range], as: UTF8.self) }

  /// For each variant the score against the reference with the largest F, the first of equals, as rouge-score's
  /// `score_multi`.
  private func rougeScores(_ scorer: ROUGEScorer) -> [PrecisionRecall] {
    // Held here, so that spans of it need no access to `self` while the scorer runs.
    let (text, prediction) = (record.text, record.prediction ?? 0..<0)
    var best: [PrecisionRecall]?
    for reference in record.references {
      let scores = scorer.score(
        reference: text.span.extracting(reference), prediction: text.span.extracting(prediction))
      best = best.map { zip($0, scores).map { $1.fMeasure > $0.fMeasure ? $1 : $0 } } ?? scores
    }
    return best ?? []
  }
}

extension [UInt8] {
  /// The column, counted from 1, of the first byte in a line that is not UTF-8.
  fileprivate func firstInvalidUTF8(in line: Range<Int>) -> Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: span.extracting(line))
      return nil
    } catch { return error.byteOffsets.lowerBound + 1 }
  }
}

extension String {
  /// A multiple-choice label as it is counted: without brackets and white space, in capitals.
  var letter: String { String(unicodeScalars.filter { $0.properties.isAlphabetic }.map(Character.init)).uppercased() }
}
