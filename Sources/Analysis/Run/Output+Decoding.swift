/// The fields of one line of a run, while they are being read.
struct OutputDraft {
  /// Refuse fields of the wrong kind instead of ignoring them.
  let isStrict: Bool

  private var id: String?
  private var text: String?
  private var tokens: [Int32]?
  private var finish: Output.Finish?
  private var logProbabilities: [Double]?
  private var margins: [Double]?
  private var timeToFirstToken: Duration?
  private var latency: Duration?

  init(isStrict: Bool) {
    self.isStrict = isStrict
  }

  mutating func read(_ reader: inout JSONReader) throws(JSONReader.Failure) {
    try reader.object { (reader, key) throws(JSONReader.Failure) in
      switch key {
      case "id": id = try reader.identifier()
      case "text": text = try reader.string("a string for 'text'")
      case "tokens":
        tokens = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.integers(of: Int32.self) }
      case "finish":
        finish = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.finishReason() }
      case "logprobs":
        logProbabilities = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.doubles() }
      case "margins":
        margins = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.doubles() }
      case "ttft_ms":
        timeToFirstToken = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.milliseconds() }
      case "latency_ms":
        latency = try optional(&reader) { (reader) throws(JSONReader.Failure) in try reader.milliseconds() }
      default: _ = try reader.value(depth: 1)
      }
    }
    try reader.finish()
  }

  /// - Throws: ``RecordError`` when `id` or `text` is missing or two lists of steps differ in length.
  func output(file: String, line: Int) throws(RecordError) -> Output {
    guard let id, !id.isEmpty else { throw .missingOutputID(file: file, line: line) }
    guard let text else {
      throw .missingField(
        file: file, line: line, field: "'text'", hint: "every output needs an 'id' and a 'text' string")
    }
    if isStrict, let tokens {
      for (name, values) in [("logprobs", logProbabilities), ("margins", margins)] {
        guard let values, values.count != tokens.count else { continue }
        throw .conflict(
          file: file, line: line, problem: "'\(name)' has \(values.count) values for \(tokens.count) tokens",
          hint: "write one value per token")
      }
    }
    return Output(
      id: id, text: text, tokens: tokens, finish: finish, logProbabilities: logProbabilities, margins: margins,
      timeToFirstToken: timeToFirstToken, latency: latency)
  }

  /// The value that `read` finds; `nil` for `null`, and for anything else than expected in a foreign file.
  private func optional<Value>(
    _ reader: inout JSONReader, _ read: (inout JSONReader) throws(JSONReader.Failure) -> Value
  ) throws(JSONReader.Failure) -> Value? {
    if reader.consume(word: "null") { return nil }
    let start = reader
    do {
      return try read(&reader)
    } catch {
      if isStrict { throw error }
      reader = start
      _ = try reader.value(depth: 1)
      return nil
    }
  }
}

extension JSONReader {
  /// A string, or the digits of a number: ids are often written so.
  fileprivate mutating func identifier() throws(Failure) -> String {
    peek() == UInt8(ascii: "\"") ? try string() : try numberText("a string for 'id'")
  }

  fileprivate mutating func finishReason() throws(Failure) -> Output.Finish {
    let names = Output.Finish.allCases.map(\.rawValue).joined(separator: ", ")
    let start = self
    guard let reason = Output.Finish(rawValue: try string("one of \(names)")) else {
      throw start.failure("one of \(names)")
    }
    return reason
  }

  fileprivate mutating func milliseconds() throws(Failure) -> Duration {
    let start = self
    guard let duration = Duration(milliseconds: try double()) else {
      throw start.failure("milliseconds from 0 to 3.2e10")
    }
    return duration
  }
}

extension RecordError {
  static func missingOutputID(file: String, line: Int) -> RecordError {
    .missingField(file: file, line: line, field: "'id'", hint: "give every output the id of its prompt")
  }
}
